package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/storage/names"
)

// kind is a built-in kind. Its Go type from k8s.io/api serves as the internal version too.
type kind struct {
	gv           schema.GroupVersion
	plural       string
	short        []string
	cluster      bool // not namespaced
	strictUpdate bool // updates must name a resourceVersion
	object, list runtime.Object
	validName    validation.ValidateNameFunc
}

func (k kind) singular() string {
	return strings.ToLower(reflect.TypeOf(k.object).Elem().Name())
}

var kinds = []kind{
	{gv: corev1.SchemeGroupVersion, plural: "namespaces", short: []string{"ns"}, cluster: true, object: &corev1.Namespace{}, list: &corev1.NamespaceList{}, validName: validation.NameIsDNSLabel},
	{gv: corev1.SchemeGroupVersion, plural: "secrets", object: &corev1.Secret{}, list: &corev1.SecretList{}},
	{gv: corev1.SchemeGroupVersion, plural: "configmaps", short: []string{"cm"}, object: &corev1.ConfigMap{}, list: &corev1.ConfigMapList{}},
	{gv: corev1.SchemeGroupVersion, plural: "serviceaccounts", short: []string{"sa"}, object: &corev1.ServiceAccount{}, list: &corev1.ServiceAccountList{}},
	{gv: corev1.SchemeGroupVersion, plural: "events", short: []string{"ev"}, object: &corev1.Event{}, list: &corev1.EventList{}, validName: path.ValidatePathSegmentName},
	// The same store in its newer form; see addEventConversions.
	{gv: eventsv1.SchemeGroupVersion, plural: "events", short: []string{"ev"}, object: &corev1.Event{}, list: &corev1.EventList{}, validName: path.ValidatePathSegmentName},
	{gv: coordinationv1.SchemeGroupVersion, plural: "leases", strictUpdate: true, object: &coordinationv1.Lease{}, list: &coordinationv1.LeaseList{}},
	{gv: rbacv1.SchemeGroupVersion, plural: "roles", object: &rbacv1.Role{}, list: &rbacv1.RoleList{}, validName: path.ValidatePathSegmentName},
	{gv: rbacv1.SchemeGroupVersion, plural: "rolebindings", object: &rbacv1.RoleBinding{}, list: &rbacv1.RoleBindingList{}, validName: path.ValidatePathSegmentName},
	{gv: rbacv1.SchemeGroupVersion, plural: "clusterroles", cluster: true, object: &rbacv1.ClusterRole{}, list: &rbacv1.ClusterRoleList{}, validName: path.ValidatePathSegmentName},
	{gv: rbacv1.SchemeGroupVersion, plural: "clusterrolebindings", cluster: true, object: &rbacv1.ClusterRoleBinding{}, list: &rbacv1.ClusterRoleBindingList{}, validName: path.ValidatePathSegmentName},
	{gv: corev1.SchemeGroupVersion, plural: "services", short: []string{"svc"}, object: &corev1.Service{}, list: &corev1.ServiceList{}, validName: validation.NameIsDNS1035Label},
	{gv: appsv1.SchemeGroupVersion, plural: "deployments", short: []string{"deploy"}, object: &appsv1.Deployment{}, list: &appsv1.DeploymentList{}},
	{gv: policyv1.SchemeGroupVersion, plural: "poddisruptionbudgets", short: []string{"pdb"}, object: &policyv1.PodDisruptionBudget{}, list: &policyv1.PodDisruptionBudgetList{}},
	{gv: networkingv1.SchemeGroupVersion, plural: "networkpolicies", short: []string{"netpol"}, object: &networkingv1.NetworkPolicy{}, list: &networkingv1.NetworkPolicyList{}},
	{gv: admissionv1.SchemeGroupVersion, plural: "validatingwebhookconfigurations", cluster: true, object: &admissionv1.ValidatingWebhookConfiguration{}, list: &admissionv1.ValidatingWebhookConfigurationList{}},
	{gv: admissionv1.SchemeGroupVersion, plural: "mutatingwebhookconfigurations", cluster: true, object: &admissionv1.MutatingWebhookConfiguration{}, list: &admissionv1.MutatingWebhookConfigurationList{}},
}

// storageVersions are the versions that built-in kinds are stored in: events in their core form.
func storageVersions() []schema.GroupVersion {
	var gvs []schema.GroupVersion
	for _, k := range kinds {
		if k.gv != eventsv1.SchemeGroupVersion && !slices.Contains(gvs, k.gv) {
			gvs = append(gvs, k.gv)
		}
	}
	return gvs
}

// addKinds registers every kind twice: as its version and as the group's internal version, which the
// request handlers convert to. As both are one Go type, that conversion does next to nothing.
func addKinds(scheme *runtime.Scheme) error {
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, eventsv1.AddToScheme, addEventConversions, coordinationv1.AddToScheme, rbacv1.AddToScheme, admissionv1.AddToScheme,
		appsv1.AddToScheme, policyv1.AddToScheme, networkingv1.AddToScheme, authenticationv1.AddToScheme, authorizationv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	for _, k := range kinds {
		scheme.AddKnownTypes(schema.GroupVersion{Group: k.gv.Group, Version: runtime.APIVersionInternal}, k.object, k.list)
	}
	for _, r := range reviews {
		scheme.AddKnownTypes(schema.GroupVersion{Group: r.gv.Group, Version: runtime.APIVersionInternal}, r.object)
	}
	// That conversion sets the kind in place, on the object that was read too. Server-side apply, which finds out by
	// comparing whether there is anything to write, must not see a difference in that.
	if err := equality.Semantic.AddFunc(func(a, b metav1.TypeMeta) bool { return true }); err != nil {
		return err
	}
	addDefaults(scheme)
	addWorkloadDefaults(scheme)
	for gvk, names := range map[schema.GroupVersionKind]map[string]string{
		corev1.SchemeGroupVersion.WithKind("Namespace"): {"status.phase": "status.phase"},
		corev1.SchemeGroupVersion.WithKind("Secret"):    {"type": "type"},
		corev1.SchemeGroupVersion.WithKind("Event"): {"type": "type", "reason": "reason", "reportingComponent": "reportingComponent",
			"source": "reportingComponent", "involvedObject.kind": "involvedObject.kind", "involvedObject.name": "involvedObject.name",
			"involvedObject.namespace": "involvedObject.namespace", "involvedObject.uid": "involvedObject.uid",
			"involvedObject.apiVersion": "involvedObject.apiVersion", "involvedObject.fieldPath": "involvedObject.fieldPath"},
		eventsv1.SchemeGroupVersion.WithKind("Event"): {"type": "type", "reason": "reason", "reportingController": "reportingComponent",
			"regarding.kind": "involvedObject.kind", "regarding.name": "involvedObject.name",
			"regarding.namespace": "involvedObject.namespace", "regarding.uid": "involvedObject.uid"},
	} {
		err := scheme.AddFieldLabelConversionFunc(gvk, func(label, value string) (string, string, error) {
			if internal, ok := names[label]; ok {
				return internal, value, nil
			}
			return runtime.DefaultMetaV1FieldSelectorConversion(label, value)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf returns what label and field selectors match.
func fieldsOf(obj runtime.Object) (labels.Set, fields.Set, error) {
	m, err := meta.Accessor(obj)
	if err != nil {
		return nil, nil, err
	}
	f := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
	switch o := obj.(type) {
	case *corev1.Namespace:
		f["status.phase"] = string(o.Status.Phase)
	case *corev1.Secret:
		f["type"] = string(o.Type)
	case *corev1.Event:
		reporter := o.ReportingController
		if reporter == "" {
			reporter = o.Source.Component
		}
		about := o.InvolvedObject
		maps.Copy(f, fields.Set{"type": o.Type, "reason": o.Reason, "reportingComponent": reporter,
			"involvedObject.kind": about.Kind, "involvedObject.name": about.Name, "involvedObject.namespace": about.Namespace,
			"involvedObject.uid": string(about.UID), "involvedObject.apiVersion": about.APIVersion, "involvedObject.fieldPath": about.FieldPath})
	}
	return m.GetLabels(), f, nil
}

// store adds short names to a registry store.
type store struct {
	*registry.Store
	short []string
}

func (s store) ShortNames() []string { return s.short }

// installKinds serves the kinds: /api/v1 first, then the named groups.
func installKinds(server *genericapiserver.GenericAPIServer, options generic.RESTOptionsGetter) error {
	groups := map[schema.GroupVersion]*genericapiserver.APIGroupInfo{}
	stores := map[string]store{} // by plural: only the two versions of events have one in common
	for _, k := range kinds {
		if groups[k.gv] == nil {
			info := genericapiserver.NewDefaultAPIGroupInfo(k.gv.Group, apiext.Scheme, metav1.ParameterCodec, apiext.Codecs)
			info.VersionedResourcesStorageMap[k.gv.Version] = map[string]rest.Storage{}
			groups[k.gv] = &info
		}
		st, shared := stores[k.plural]
		if !shared {
			s := strategy{apiext.Scheme, names.SimpleNameGenerator, k}
			resource := k.gv.WithResource(k.plural).GroupResource()
			st = store{short: k.short, Store: &registry.Store{
				NewFunc:                   k.object.DeepCopyObject,
				NewListFunc:               k.list.DeepCopyObject,
				DefaultQualifiedResource:  resource,
				SingularQualifiedResource: k.gv.WithResource(k.singular()).GroupResource(),
				CreateStrategy:            s,
				UpdateStrategy:            s,
				DeleteStrategy:            s,
				TableConvertor:            rest.NewDefaultTableConvertor(resource),
			}}
			if err := st.CompleteWithOptions(&generic.StoreOptions{RESTOptions: options, AttrFunc: fieldsOf}); err != nil {
				return err
			}
			stores[k.plural] = st
		}
		groups[k.gv].VersionedResourcesStorageMap[k.gv.Version][k.plural] = st
	}
	for gv, info := range groups {
		if gv.Group == "" {
			if err := server.InstallLegacyAPIGroup(genericapiserver.DefaultLegacyAPIPrefix, info); err != nil {
				return err
			}
		} else if err := server.InstallAPIGroup(info); err != nil {
			return err
		}
	}
	return nil
}

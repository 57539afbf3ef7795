package main

import (
	"cmp"
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage/names"
)

// strategy is the part of a registry that differs from kind to kind.
type strategy struct {
	runtime.ObjectTyper
	names.NameGenerator
	kind
}

func (s strategy) NamespaceScoped() bool                                   { return !s.cluster }
func (strategy) Canonicalize(runtime.Object)                               {}
func (strategy) AllowCreateOnUpdate() bool                                 { return true }
func (s strategy) AllowUnconditionalUpdate() bool                          { return !s.strictUpdate }
func (strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }
func (strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
func (strategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	if ns, ok := obj.(*corev1.Namespace); ok {
		ns.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
	}
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	m, err := meta.Accessor(obj)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	valid := s.validName
	if valid == nil {
		valid = validation.NameIsDNSSubdomain
	}
	errs := validation.ValidateObjectMetaAccessor(m, !s.cluster, valid, field.NewPath("metadata"))
	if e, ok := obj.(*corev1.Event); ok && e.Namespace != cmp.Or(e.InvolvedObject.Namespace, metav1.NamespaceDefault) {
		errs = append(errs, field.Invalid(field.NewPath("involvedObject", "namespace"), e.InvolvedObject.Namespace, "does not match event.namespace"))
	}
	return errs
}

func (s strategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	var errs field.ErrorList
	frozen := func(p string, now, before any) {
		errs = append(errs, validation.ValidateImmutableField(now, before, field.NewPath(p))...)
	}
	switch o := old.(type) {
	case *corev1.Secret:
		frozen("type", obj.(*corev1.Secret).Type, o.Type)
		if o.Immutable != nil && *o.Immutable {
			frozen("immutable", obj.(*corev1.Secret).Immutable, o.Immutable)
			frozen("data", obj.(*corev1.Secret).Data, o.Data)
		}
	case *corev1.ConfigMap:
		if o.Immutable != nil && *o.Immutable {
			frozen("immutable", obj.(*corev1.ConfigMap).Immutable, o.Immutable)
			frozen("data", obj.(*corev1.ConfigMap).Data, o.Data)
			frozen("binaryData", obj.(*corev1.ConfigMap).BinaryData, o.BinaryData)
		}
	case *appsv1.Deployment:
		frozen("spec.selector", obj.(*appsv1.Deployment).Spec.Selector, o.Spec.Selector)
	case *rbacv1.RoleBinding:
		frozen("roleRef", obj.(*rbacv1.RoleBinding).RoleRef, o.RoleRef)
	case *rbacv1.ClusterRoleBinding:
		frozen("roleRef", obj.(*rbacv1.ClusterRoleBinding).RoleRef, o.RoleRef)
	}
	return errs
}

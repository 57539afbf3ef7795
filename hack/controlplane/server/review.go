package main

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apiserver"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// review is a kind that is created to ask a question about the user who creates it, and is not stored.
type review struct {
	gv       schema.GroupVersion
	singular string
	object   runtime.Object
	answer   func(context.Context, runtime.Object, user.Info, authorizer.Authorizer) error
}

// reviews are by their plural: what `kubectl auth can-i` and `kubectl auth whoami` ask.
var reviews = map[string]review{
	"selfsubjectaccessreviews": {authorizationv1.SchemeGroupVersion, "selfsubjectaccessreview", &authorizationv1.SelfSubjectAccessReview{}, answerAccess},
	"selfsubjectreviews":       {authenticationv1.SchemeGroupVersion, "selfsubjectreview", &authenticationv1.SelfSubjectReview{}, answerIdentity},
}

func answerAccess(ctx context.Context, obj runtime.Object, u user.Info, authz authorizer.Authorizer) error {
	asked := obj.(*authorizationv1.SelfSubjectAccessReview)
	attrs := authorizer.AttributesRecord{User: u}
	if r := asked.Spec.ResourceAttributes; r != nil {
		attrs.ResourceRequest = true
		attrs.Verb, attrs.Namespace, attrs.Name = r.Verb, r.Namespace, r.Name
		attrs.APIGroup, attrs.APIVersion, attrs.Resource, attrs.Subresource = r.Group, r.Version, r.Resource, r.Subresource
	} else if p := asked.Spec.NonResourceAttributes; p != nil {
		attrs.Verb, attrs.Path = p.Verb, p.Path
	} else {
		return apierrors.NewBadRequest("one of spec.resourceAttributes and spec.nonResourceAttributes is required")
	}
	decision, reason, err := authz.Authorize(ctx, attrs)
	asked.Status = authorizationv1.SubjectAccessReviewStatus{Allowed: decision == authorizer.DecisionAllow, Reason: reason}
	if err != nil {
		asked.Status.EvaluationError = err.Error()
	}
	return nil
}

func answerIdentity(_ context.Context, obj runtime.Object, u user.Info, _ authorizer.Authorizer) error {
	obj.(*authenticationv1.SelfSubjectReview).Status.UserInfo = authenticationv1.UserInfo{
		Username: u.GetName(), UID: u.GetUID(), Groups: u.GetGroups(),
	}
	return nil
}

// reviewer answers the reviews of one kind.
type reviewer struct {
	review
	authz authorizer.Authorizer
}

func (r reviewer) New() runtime.Object     { return r.object.DeepCopyObject() }
func (reviewer) Destroy()                  {}
func (reviewer) NamespaceScoped() bool     { return false }
func (r reviewer) GetSingularName() string { return r.singular }

func (r reviewer) Create(ctx context.Context, obj runtime.Object, _ rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	u, ok := request.UserFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("the request has no user")
	}
	return obj, r.answer(ctx, obj, u, r.authz)
}

func installReviews(server *genericapiserver.GenericAPIServer, authz authorizer.Authorizer) error {
	for plural, r := range reviews {
		info := genericapiserver.NewDefaultAPIGroupInfo(r.gv.Group, apiext.Scheme, metav1.ParameterCodec, apiext.Codecs)
		info.VersionedResourcesStorageMap[r.gv.Version] = map[string]rest.Storage{plural: reviewer{r, authz}}
		if err := server.InstallAPIGroup(&info); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"slices"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/path"
	authzunion "k8s.io/apiserver/pkg/authorization/union"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/informers"
)

// authenticate accepts client certificates and the tokens of the token file; requests with neither are anonymous.
func authenticate(o *options, config *genericapiserver.Config) error {
	var known []authenticator.Request
	if o.clientCA != "" {
		ca, err := dynamiccertificates.NewDynamicCAContentFromFile("client-ca", o.clientCA)
		if err != nil {
			return err
		}
		if err := config.Authentication.ApplyClientCert(ca, config.SecureServing); err != nil {
			return err
		}
		known = append(known, x509.NewDynamic(ca.VerifyOptions, x509.CommonNameUserConversion))
	}
	if o.tokenFile != "" {
		tokens, err := tokenfile.NewCSV(o.tokenFile)
		if err != nil {
			return err
		}
		known = append(known, bearertoken.New(tokens))
	}
	config.Authentication.Authenticator = union.NewFailOnError(
		group.NewAuthenticatedGroupAdder(union.NewFailOnError(known...)), anonymous.NewAuthenticator(nil))
	return nil
}

// newAuthorizer lets everyone read what clusters open to all, and authenticated users discover the API and ask about themselves.
func newAuthorizer(o *options, factory informers.SharedInformerFactory) (authorizer.Authorizer, error) {
	public, err := path.NewAuthorizer([]string{"/healthz", "/livez", "/readyz", "/version"})
	if err != nil {
		return nil, err
	}
	discovery, err := path.NewAuthorizer([]string{"/api", "/api/*", "/apis", "/apis/*", "/openapi/*"})
	if err != nil {
		return nil, err
	}
	var rest authorizer.Authorizer = authorizerfactory.NewAlwaysAllowAuthorizer()
	if slices.Contains(o.authzModes, "RBAC") {
		rest = newRBAC(factory)
	}
	return authzunion.New(authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup), public,
		authenticatedOnly{authzunion.New(discovery, selfReview{}, rest)}), nil
}

// authenticatedOnly keeps anonymous requests from the authorizer it wraps.
type authenticatedOnly struct{ authorizer.Authorizer }

func (a authenticatedOnly) Authorize(ctx context.Context, attrs authorizer.Attributes) (authorizer.Decision, string, error) {
	if attrs.GetUser().GetName() == user.Anonymous {
		return authorizer.DecisionNoOpinion, "anonymous", nil
	}
	return a.Authorizer.Authorize(ctx, attrs)
}

// selfReview allows the kinds of review.go.
type selfReview struct{}

func (selfReview) Authorize(_ context.Context, attrs authorizer.Attributes) (authorizer.Decision, string, error) {
	_, reviewed := reviews[attrs.GetResource()]
	if reviewed && attrs.GetVerb() == "create" {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

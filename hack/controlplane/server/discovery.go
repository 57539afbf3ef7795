package main

import (
	"maps"
	"net/http"

	apiext "k8s.io/apiextensions-apiserver/pkg/apiserver"
	apiextopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	"k8s.io/apiserver/pkg/endpoints/handlers/negotiation"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kube-openapi/pkg/common"

	builtinopenapi "controlplane/openapi"
)

// installGroupDiscovery serves /apis, which the CRD server leaves to an aggregator. Clients that do not
// ask for the aggregated form get the same groups, converted by the discovery client.
func installGroupDiscovery(server *genericapiserver.GenericAPIServer, client kubernetes.Interface) {
	plain := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		all, err := client.Discovery().ServerGroups()
		if err != nil {
			responsewriters.ErrorNegotiated(err, apiext.Codecs, schema.GroupVersion{}, w, req)
			return
		}
		named := &metav1.APIGroupList{}
		for _, g := range all.Groups {
			if g.Name != "" {
				named.Groups = append(named.Groups, g)
			}
		}
		responsewriters.WriteObjectNegotiated(apiext.Codecs, negotiation.DefaultEndpointRestrictions,
			schema.GroupVersion{}, w, req, http.StatusOK, named, false)
	})
	server.Handler.GoRestfulContainer.Add(aggregated.WrapAggregatedDiscoveryToHandler(plain,
		server.AggregatedDiscoveryGroupManager, nil).GenerateWebService("/apis", metav1.APIGroupList{}))
}

func definitions(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	defs := apiextopenapi.GetOpenAPIDefinitions(ref)
	maps.Copy(defs, builtinopenapi.GetOpenAPIDefinitions(ref))
	return defs
}

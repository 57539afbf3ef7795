// Command controlplane is a small Kubernetes API server for tests: CustomResourceDefinitions from
// k8s.io/apiextensions-apiserver plus the built-in kinds listed in kinds.go, stored in etcd.
// It is started with the flags of kube-apiserver.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os/signal"
	"strings"
	"syscall"

	nooptrace "go.opentelemetry.io/otel/trace/noop"

	corev1 "k8s.io/api/core/v1"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apiserver"
	apiextoptions "k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parseFlags()); err != nil {
		klog.Fatal(err)
	}
}

func run(ctx context.Context, o *options) error {
	// Named before addKinds, so that the published kinds do not include the __internal ones.
	namer := openapinamer.NewDefinitionNamer(apiext.Scheme, clientscheme.Scheme)
	if err := addKinds(apiext.Scheme); err != nil {
		return err
	}

	config := genericapiserver.NewRecommendedConfig(apiext.Codecs)
	runOptions := genericoptions.NewServerRunOptions()
	if err := runOptions.Complete(); err != nil {
		return err
	}
	if err := runOptions.ApplyTo(&config.Config); err != nil {
		return err
	}
	config.MergedResourceConfig = apiext.DefaultAPIResourceConfigSource()

	// One codec stores everything: CRDs, built-in kinds; custom resources get their own getter below.
	o.etcd.StorageConfig.Codec = apiext.Codecs.LegacyCodec(append(storageVersions(), apiextv1.SchemeGroupVersion)...)
	if err := o.etcd.ApplyTo(&config.Config); err != nil {
		return err
	}

	if err := o.serving.MaybeDefaultWithSelfSignedCerts(o.serving.BindAddress.String(), nil, nil); err != nil {
		return err
	}
	if err := o.serving.ApplyToConfig(&config.Config); err != nil {
		return err
	}
	config.ExternalAddress = fmt.Sprintf("%s:%d", o.serving.BindAddress, o.serving.BindPort)

	config.ClientConfig = config.LoopbackClientConfig
	client, err := kubernetes.NewForConfig(config.LoopbackClientConfig)
	if err != nil {
		return err
	}
	config.SharedInformerFactory = informers.NewSharedInformerFactory(client, 0)

	if err := authenticate(o, &config.Config); err != nil {
		return err
	}
	if config.Authorization.Authorizer, err = newAuthorizer(o, config.SharedInformerFactory); err != nil {
		return err
	}

	// Namespace lifecycle and admission webhooks; policies would need kinds that are not served here.
	dynamicClient, err := dynamic.NewForConfig(config.LoopbackClientConfig)
	if err != nil {
		return err
	}
	admission := genericoptions.NewAdmissionOptions()
	admission.DisablePlugins = []string{"ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"}
	if err := admission.ApplyTo(&config.Config, config.SharedInformerFactory, client, dynamicClient,
		config.FeatureGate, config.EffectiveVersion); err != nil {
		return err
	}

	// Debian's go-restful (3.10) does not match "/version/", "/apis/" and the like, which the C# client asks for.
	config.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		chain := genericapiserver.DefaultBuildHandlerChain(api, c)
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if trimmed := strings.TrimRight(req.URL.Path, "/"); trimmed != "" {
				req.URL.Path = trimmed
			}
			chain.ServeHTTP(w, req)
		})
	}

	// The CRD OpenAPI controllers (v3 too) run only if the v2 document is configured as well.
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)

	crdConfig := &apiext.Config{
		GenericConfig: config,
		ExtraConfig: apiext.ExtraConfig{
			CRDRESTOptionsGetter: apiextoptions.NewCRDRESTOptionsGetter(*o.etcd, config.ResourceTransformers, config.StorageObjectCountTracker),
			ServiceResolver:      webhook.NewDefaultServiceResolver(),
			AuthResolverWrapper:  webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, config.LoopbackClientConfig, nooptrace.NewTracerProvider()),
			MasterCount:          1,
		},
	}
	crds, err := crdConfig.Complete().New(genericapiserver.NewEmptyDelegate())
	if err != nil {
		return err
	}
	server := crds.GenericAPIServer
	if err := installKinds(server, config.RESTOptionsGetter); err != nil {
		return err
	}
	if err := installReviews(server, config.Authorization.Authorizer); err != nil {
		return err
	}
	installGroupDiscovery(server, client)
	server.AddPostStartHookOrDie("default-namespaces", func(hook genericapiserver.PostStartHookContext) error {
		return createNamespaces(hook, client, "default", "kube-system", "kube-public", "kube-node-lease")
	})
	return server.PrepareRun().RunWithContext(ctx)
}

func createNamespaces(ctx context.Context, client kubernetes.Interface, names ...string) error {
	for _, name := range names {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		_, err := client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

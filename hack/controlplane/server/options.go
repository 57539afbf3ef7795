package main

import (
	goflag "flag"
	"net"
	"os"

	"github.com/spf13/pflag"

	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/klog/v2"
)

type options struct {
	etcd       *genericoptions.EtcdOptions
	serving    *genericoptions.SecureServingOptionsWithLoopback
	clientCA   string
	tokenFile  string
	authzModes []string
}

// ignored are flags that kube-apiserver needs or that test environments set, and that mean nothing here.
var ignored = []string{
	"advertise-address", "allow-privileged", "api-audiences", "disable-admission-plugins", "enable-admission-plugins",
	"enable-priority-and-fairness", "feature-gates", "runtime-config", "service-account-issuer", "service-account-key-file",
	"service-account-signing-key-file", "service-cluster-ip-range",
}

func parseFlags() *options {
	o := &options{
		etcd:    genericoptions.NewEtcdOptions(storagebackend.NewDefaultConfig("/registry", nil)),
		serving: genericoptions.NewSecureServingOptions().WithLoopback(),
	}
	o.serving.BindPort = 6443
	o.serving.BindAddress = net.IPv4(127, 0, 0, 1)
	o.serving.ServerCert.CertDirectory, o.serving.ServerCert.PairName = "/var/run/kubernetes", "apiserver"

	flags := pflag.NewFlagSet("kube-apiserver", pflag.ExitOnError)
	o.etcd.AddFlags(flags)
	o.serving.AddFlags(flags)
	flags.StringVar(&o.clientCA, "client-ca-file", "", "authorities of client certificates: the common name is the user, organizations are groups")
	flags.StringVar(&o.tokenFile, "token-auth-file", "", `CSV file of users: token,user,uid[,"group1,group2"]`)
	flags.StringSliceVar(&o.authzModes, "authorization-mode", []string{"AlwaysAllow"}, "AlwaysAllow, or a list with RBAC in it")
	for _, name := range ignored {
		flags.StringSlice(name, nil, "accepted and ignored")
		flags.Lookup(name).NoOptDefVal = "true"
	}
	logging := goflag.NewFlagSet("", goflag.ExitOnError)
	klog.InitFlags(logging)
	flags.AddGoFlagSet(logging)
	if err := flags.Parse(os.Args[1:]); err != nil {
		klog.Fatal(err)
	}
	return o
}

package main

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// addWorkloadDefaults fills in what a manifest usually leaves out, so that what is read back is what a cluster shows.
func addWorkloadDefaults(scheme *runtime.Scheme) {
	scheme.AddTypeDefaultingFunc(&appsv1.Deployment{}, func(obj any) { defaultDeployment(&obj.(*appsv1.Deployment).Spec) })
	scheme.AddTypeDefaultingFunc(&corev1.Service{}, func(obj any) { defaultService(&obj.(*corev1.Service).Spec) })
	scheme.AddTypeDefaultingFunc(&networkingv1.NetworkPolicy{}, func(obj any) { defaultNetworkPolicy(&obj.(*networkingv1.NetworkPolicy).Spec) })
}

func defaultDeployment(d *appsv1.DeploymentSpec) {
	setDefault(&d.Replicas, new(int32(1)))
	setDefault(&d.RevisionHistoryLimit, new(int32(10)))
	setDefault(&d.ProgressDeadlineSeconds, new(int32(600)))
	setDefault(&d.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if d.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		setDefault(&d.Strategy.RollingUpdate, &appsv1.RollingUpdateDeployment{})
		setDefault(&d.Strategy.RollingUpdate.MaxSurge, new(intstr.FromString("25%")))
		setDefault(&d.Strategy.RollingUpdate.MaxUnavailable, new(intstr.FromString("25%")))
	}
	defaultPod(&d.Template.Spec)
}

func defaultPod(p *corev1.PodSpec) {
	setDefault(&p.RestartPolicy, corev1.RestartPolicyAlways)
	setDefault(&p.DNSPolicy, corev1.DNSClusterFirst)
	setDefault(&p.SchedulerName, corev1.DefaultSchedulerName)
	setDefault(&p.TerminationGracePeriodSeconds, new(int64(corev1.DefaultTerminationGracePeriodSeconds)))
	setDefault(&p.SecurityContext, &corev1.PodSecurityContext{})
	// The deprecated name is kept equal to the current one.
	setDefault(&p.DeprecatedServiceAccount, p.ServiceAccountName)
	setDefault(&p.ServiceAccountName, p.DeprecatedServiceAccount)
	for i := range p.InitContainers {
		defaultContainer(&p.InitContainers[i])
	}
	for i := range p.Containers {
		defaultContainer(&p.Containers[i])
	}
	for i := range p.Volumes {
		defaultVolume(&p.Volumes[i].VolumeSource)
	}
}

func defaultContainer(c *corev1.Container) {
	setDefault(&c.ImagePullPolicy, corev1.PullIfNotPresent)
	setDefault(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	setDefault(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		setDefault(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil && from.FieldRef != nil {
			setDefault(&from.FieldRef.APIVersion, "v1")
		}
	}
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if probe == nil {
			continue
		}
		setDefault(&probe.TimeoutSeconds, 1)
		setDefault(&probe.PeriodSeconds, 10)
		setDefault(&probe.SuccessThreshold, 1)
		setDefault(&probe.FailureThreshold, 3)
		if probe.HTTPGet != nil {
			setDefault(&probe.HTTPGet.Path, "/")
			setDefault(&probe.HTTPGet.Scheme, corev1.URISchemeHTTP)
		}
	}
}

func defaultVolume(v *corev1.VolumeSource) {
	if v.Secret != nil {
		setDefault(&v.Secret.DefaultMode, new(corev1.SecretVolumeSourceDefaultMode))
	}
	if v.ConfigMap != nil {
		setDefault(&v.ConfigMap.DefaultMode, new(corev1.ConfigMapVolumeSourceDefaultMode))
	}
	if v.Projected != nil {
		setDefault(&v.Projected.DefaultMode, new(corev1.ProjectedVolumeSourceDefaultMode))
	}
}

func defaultService(s *corev1.ServiceSpec) {
	setDefault(&s.Type, corev1.ServiceTypeClusterIP)
	setDefault(&s.SessionAffinity, corev1.ServiceAffinityNone)
	setDefault(&s.InternalTrafficPolicy, new(corev1.ServiceInternalTrafficPolicyCluster))
	for i := range s.Ports {
		setDefault(&s.Ports[i].Protocol, corev1.ProtocolTCP)
		setDefault(&s.Ports[i].TargetPort, intstr.FromInt32(s.Ports[i].Port))
	}
}

func defaultNetworkPolicy(n *networkingv1.NetworkPolicySpec) {
	for _, rule := range n.Ingress {
		defaultPolicyPorts(rule.Ports)
	}
	for _, rule := range n.Egress {
		defaultPolicyPorts(rule.Ports)
	}
	if len(n.PolicyTypes) == 0 {
		n.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(n.Egress) != 0 {
			n.PolicyTypes = append(n.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
}

func defaultPolicyPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		setDefault(&ports[i].Protocol, new(corev1.ProtocolTCP))
	}
}

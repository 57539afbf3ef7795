using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

/// <summary>The built-in kinds of an installation are stored, though nothing acts on them.</summary>
public class WorkloadTests(ControlPlane controlPlane)
{
    private const string Installation = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: operator }
        spec:
          replicas: 2
          selector: { matchLabels: { app: operator } }
          template:
            metadata: { labels: { app: operator } }
            spec:
              serviceAccountName: operator
              securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
              containers:
              - name: operator
                image: example.com/operator:1
                args: [--leader-elect]
                env:
                - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
                ports:
                - { name: metrics, containerPort: 8080 }
                livenessProbe: { httpGet: { path: /healthz, port: metrics } }
                resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 512Mi } }
                securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
                volumeMounts:
                - { name: tmp, mountPath: /tmp }
              volumes:
              - { name: tmp, emptyDir: {} }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: metrics }
        spec:
          selector: { app: operator }
          ports:
          - { name: metrics, port: 8080 }
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: { name: operator }
        spec:
          minAvailable: 1
          selector: { matchLabels: { app: operator } }
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: operator }
        spec:
          podSelector: { matchLabels: { app: operator } }
          ingress:
          - ports:
            - { port: 8080, protocol: TCP }
        """;

    [Theory]
    // kubectl says "configured" of any PodDisruptionBudget, since it always replaces the selector as a whole.
    [InlineData("--server-side=false", "created", "unchanged", "configured")]
    [InlineData("--server-side", "serverside-applied", "serverside-applied", "serverside-applied")]
    public async Task Apply_WhenRepeated_ChangesNothing(string how, string first, string second, string secondOfBudget)
    {
        var name = await controlPlane.CreateNamespaceAsync();

        Assert.Equal(Lines(first, first), await ApplyAsync());
        var versions = await VersionsAsync();
        Assert.Equal(Lines(second, secondOfBudget), await ApplyAsync());
        Assert.Equal(versions, await VersionsAsync());

        async Task<string> ApplyAsync() =>
            (await controlPlane.KubectlAsync(["apply", how, "-n", name, "-f", "-"], Installation)).EnsureSuccess().Output;

        async Task<string> VersionsAsync() =>
            (await controlPlane.KubectlAsync("get", "deploy,svc,pdb,netpol", "-n", name, "-o", "jsonpath={.items[*].metadata.resourceVersion}"))
                .EnsureSuccess().Output;

        static string Lines(string outcome, string ofBudget) => $"""
            deployment.apps/operator {outcome}
            service/metrics {outcome}
            poddisruptionbudget.policy/operator {ofBudget}
            networkpolicy.networking.k8s.io/operator {outcome}

            """;
    }

    [Fact]
    public async Task Read_WhenFieldsWereLeftOut_ShowsTheDefaultsOfACluster()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        await controlPlane.ApplyAsync(Installation, name);

        Assert.Equal(
            "RollingUpdate 25% Always ClusterFirst IfNotPresent TCP HTTP 10",
            await GetAsync("deployment/operator", "{.spec.strategy.type} {.spec.strategy.rollingUpdate.maxSurge} {.spec.template.spec.restartPolicy}"
                + " {.spec.template.spec.dnsPolicy} {.spec.template.spec.containers[0].imagePullPolicy}"
                + " {.spec.template.spec.containers[0].ports[0].protocol}"
                + " {.spec.template.spec.containers[0].livenessProbe.httpGet.scheme} {.spec.template.spec.containers[0].livenessProbe.periodSeconds}"));
        Assert.Equal("ClusterIP TCP 8080", await GetAsync("service/metrics", "{.spec.type} {.spec.ports[0].protocol} {.spec.ports[0].targetPort}"));
        Assert.Equal("[\"Ingress\"]", await GetAsync("networkpolicy/operator", "{.spec.policyTypes}"));

        async Task<string> GetAsync(string what, string path) =>
            (await controlPlane.KubectlAsync("get", what, "-n", name, "-o", $"jsonpath={path}")).EnsureSuccess().Output;
    }

    [Fact]
    public async Task Deployment_WhenItsSelectorChanges_IsRejected()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        await controlPlane.ApplyAsync(Installation, name);

        var result = await controlPlane.KubectlAsync(
            "patch", "deployment", "operator", "-n", name, "-p", """{"spec":{"selector":{"matchLabels":{"app":"other"}}}}""");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("field is immutable", result.Error, StringComparison.Ordinal);
    }
}

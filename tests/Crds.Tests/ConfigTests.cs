using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace OmniScale.Crds.Tests;

/// <summary>The manifests of config/ and machine-classes/, as users apply them. One class, so that one test runs at a time.</summary>
public sealed class ConfigTests(ApiServer server)
{
    [Fact]
    public async Task Every_folder_applies_without_a_warning_and_twice_without_a_change()
    {
        foreach (var folder in new[] { "config/default", "config/samples", "machine-classes", "config/network-policy" })
        {
            var first = await server.ControlPlane.KubectlAsync("apply", "--validate=strict", "-k", folder);
            Assert.Equal((0, ""), (first.ExitCode, first.Error));
            var budget = await BudgetAsync();
            var second = await server.SucceedAsync("apply", "--validate=strict", "-k", folder);
            // kubectl cannot see that a Secret's stringData is what is stored, and sends it again; so it does with the selector of a
            // disruption budget, whose patch strategy is to be replaced.
            Assert.All(
                Lines(second).Where(line => !line.StartsWith("secret/", StringComparison.Ordinal) && !line.StartsWith("poddisruptionbudget.policy/", StringComparison.Ordinal)),
                line => Assert.EndsWith(" unchanged", line, StringComparison.Ordinal));
            Assert.Equal(budget, await BudgetAsync());
        }

        Task<string> BudgetAsync() => server.SucceedAsync("get", "pdb", "-n", "omniscale-system", "-o", "jsonpath={.items[*].metadata.resourceVersion}");
    }

    [Fact]
    public async Task Deleting_the_operator_keeps_the_definitions_and_the_objects()
    {
        await server.SucceedAsync("apply", "-k", "config/default");
        await server.SucceedAsync("apply", "-k", "config/samples");
        await server.SucceedAsync("delete", "-k", "config/default", "--wait=false");
        Assert.Equal("taloscluster.omniscale.dev/talos-prod-01", (await server.SucceedAsync("get", "tc", "-n", "omni-scale", "-o", "name")).Trim());
        Assert.Equal(3, Lines(await server.SucceedAsync("get", "crd", "-o", "name")).Count(name => name.EndsWith(".omniscale.dev", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Namespaced_operator_has_no_right_to_the_Secrets_of_other_namespaces()
    {
        var objects = KubernetesYaml.LoadAllFromString(await server.SucceedAsync("kustomize", "config/namespaced"));
        Assert.DoesNotContain(objects.OfType<V1ClusterRole>().SelectMany(role => role.Rules), rule => rule.Resources.Contains("secrets"));
        var role = Assert.Single(objects.OfType<V1Role>(), role => role.Rules.Any(rule => rule.Resources.Contains("secrets")));
        Assert.Equal("omni-scale", role.Metadata.NamespaceProperty);
        Assert.Equal(["--namespaces=omni-scale"], Assert.Single(objects.OfType<V1Deployment>()).Spec.Template.Spec.Containers[0].Args);
    }

    [Fact]
    public async Task Rights_in_one_namespace_are_those_in_all_namespaces()
    {
        var all = KubernetesYaml.LoadAllFromString(await server.SucceedAsync("kustomize", "config/rbac")).OfType<V1ClusterRole>()
            .Single(role => role.Metadata.Name == "omniscale-operator");
        var one = KubernetesYaml.LoadAllFromString(await server.SucceedAsync("kustomize", "config/rbac/namespaced")).OfType<V1Role>().Single();
        Assert.Equal(KubernetesJson.Serialize(all.Rules), KubernetesJson.Serialize(one.Rules));
    }

    [Fact]
    public async Task Operator_may_do_what_it_needs_and_no_more()
    {
        await server.SucceedAsync("apply", "-k", "config/default");
        await server.SucceedAsync("apply", "-k", "config/samples");
        var kubeconfig = server.ControlPlane.CreateServiceAccountKubeconfig("omniscale-system", "omniscale-operator");

        Assert.Equal(0, await RunAsync("get", "pxp,mclass,tc", "--all-namespaces"));
        Assert.Equal(0, await RunAsync("get", "secret", "omni", "-n", "omni-scale"));
        Assert.Equal(0, await RunAsync("get", "namespace", "kube-system", "--ignore-not-found"));
        Assert.Equal(0, await PatchAsync("tc", "talos-prod-01", """{"metadata":{"finalizers":["omniscale.dev/omni"]}}"""));
        Assert.Equal(0, await PatchAsync("tc", "talos-prod-01", """{"metadata":{"finalizers":null}}"""));
        await PatchStatusAsync("""{"status":{"phase":"Running"}}""");
        Assert.Equal(0, await PatchAsync("secret", "omni", """{"metadata":{"finalizers":["omniscale.dev/connection"]}}"""));
        Assert.Equal(0, await PatchAsync("secret", "omni", """{"metadata":{"finalizers":null}}"""));

        Assert.Equal(0, await RunAsync("get", "lease", "omniscale-operator", "-n", "omniscale-system", "--ignore-not-found"));

        Assert.Equal(1, await RunAsync("get", "lease", "another", "-n", "omniscale-system"));
        Assert.Equal(1, await RunAsync("delete", "lease", "omniscale-operator", "-n", "omniscale-system"));
        Assert.Equal(1, await RunAsync("get", "lease", "omniscale-operator", "-n", "omni-scale"));
        Assert.Equal(1, await RunAsync("delete", "tc", "talos-prod-01", "-n", "omni-scale"));
        Assert.Equal(1, await RunAsync("create", "secret", "generic", "another", "-n", "omni-scale"));
        Assert.Equal(1, await RunAsync("delete", "secret", "omni", "-n", "omni-scale"));
        Assert.Equal(1, await RunAsync("get", "namespaces"));
        Assert.Equal(1, await RunAsync("get", "configmaps", "-n", "omni-scale"));

        // Every write of a status is a patch.
        foreach (var plural in new[] { "proxmoxproviders", "machineclasses", "talosclusters" })
        {
            using var client = new Kubernetes(server.ControlPlane.CreateConfiguration(kubeconfig));
            var refusal = await Assert.ThrowsAsync<HttpOperationException>(() => client.CustomObjects.ReplaceNamespacedCustomObjectStatusAsync(
                new object(), ApiGroup.Name, ApiGroup.Version, "omni-scale", plural, "any", cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(HttpStatusCode.Forbidden, refusal.Response.StatusCode);
        }

        async Task<int> RunAsync(params string[] arguments)
        {
            var result = await server.ControlPlane.KubectlAsync(arguments, input: null, kubeconfig);
            Assert.True(result.ExitCode == 0 || result.Error.Contains("Forbidden", StringComparison.OrdinalIgnoreCase), result.Error);
            return result.ExitCode;
        }

        Task<int> PatchAsync(string kind, string name, string patch) =>
            RunAsync("patch", kind, name, "-n", "omni-scale", "--type=merge", "-p", patch);

        // kubectl would read the status first, which the operator does not.
        async Task PatchStatusAsync(string patch)
        {
            using var client = new Kubernetes(server.ControlPlane.CreateConfiguration(kubeconfig));
            await client.CustomObjects.PatchNamespacedCustomObjectStatusAsync(
                new V1Patch(patch, V1Patch.PatchType.MergePatch), ApiGroup.Name, ApiGroup.Version, "omni-scale", "talosclusters", "talos-prod-01",
                cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Replicas_that_are_not_ready_do_not_hold_up_a_drain()
    {
        var objects = KubernetesYaml.LoadAllFromString(await server.SucceedAsync("kustomize", "config/default"));
        var budget = Assert.Single(objects.OfType<V1PodDisruptionBudget>());
        Assert.Equal(("1", "AlwaysAllow"), (budget.Spec.MaxUnavailable.Value, budget.Spec.UnhealthyPodEvictionPolicy));
    }

    [Fact]
    public async Task Objects_survive_the_way_through_the_API_server_and_the_types()
    {
        await server.SucceedAsync("apply", "-k", "config/samples");
        await server.SucceedAsync("apply", "-k", "machine-classes");
        await AssertSameAsync<TalosCluster>("tc", "talos-prod-01");
        await AssertSameAsync<ProxmoxProvider>("pxp", "matrix-cluster");
        await AssertSameAsync<MachineClass>("mclass", "matrix-control-plane");
        await AssertSameAsync<MachineClass>("mclass", "matrix-worker-hotel");
    }

    /// <summary>What was applied comes back, and the types neither lose a field of the spec nor add one.</summary>
    private async Task AssertSameAsync<T>(string kind, string name)
    {
        var stored = JsonNode.Parse(await server.SucceedAsync("get", kind, name, "-n", "omni-scale", "-o", "json"))!;
        var typed = JsonNode.Parse(KubernetesJson.Serialize(KubernetesJson.Deserialize<T>(stored.ToJsonString())))!;
        Assert.True(JsonNode.DeepEquals(stored["spec"], typed["spec"]), $"{stored["spec"]}\n{typed["spec"]}");
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

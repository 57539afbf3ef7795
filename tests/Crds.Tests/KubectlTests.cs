using System.Text.Json.Nodes;
using OmniScale.TestKit;

namespace OmniScale.Crds.Tests;

/// <summary>What users see of the kinds, and how their tools merge them.</summary>
public sealed class KubectlTests(ApiServer server)
{
    private const string Ready = """{"type":"Ready","status":"True","reason":"Succeeded","message":"All is well","lastTransitionTime":"2026-01-01T00:00:00Z"}""";

    [Fact]
    public async Task Get_shows_the_columns_of_each_kind()
    {
        var space = await NewNamespaceAsync();
        (await server.ApplyAsync(space, """
            apiVersion: omniscale.dev/v1alpha1
            kind: ProxmoxProvider
            metadata: {name: matrix-cluster}
            spec: {proxmox: {url: "https://192.0.2.5:8006", credentialsSecretRef: {name: matrix-proxmox}}}
            ---
            apiVersion: omniscale.dev/v1alpha1
            kind: MachineClass
            metadata: {name: matrix-control-plane}
            spec: {providerRef: {name: matrix-cluster}, cores: 4, memoryMiB: 8192, diskSizeGiB: 40, storageSelector: 'name == "local-lvm"'}
            ---
            apiVersion: omniscale.dev/v1alpha1
            kind: TalosCluster
            metadata: {name: talos-prod-01}
            spec: {kubernetes: {version: v1.36.2}, talos: {version: v1.13.6}, controlPlane: {machineClass: {name: matrix-control-plane, size: 3}}}
            """)).EnsureSuccess();
        await StatusAsync("pxp", "matrix-cluster", $$"""
            {"version":"9.1.5","nodesOnline":"3/3","conditions":[{{Ready}},{{Ready.Replace("Ready", "ProviderConnected", StringComparison.Ordinal)}}]}
            """);
        await StatusAsync("mclass", "matrix-control-plane", $$"""{"storage":"local-lvm","conditions":[{{Ready}}]}""");
        await StatusAsync("tc", "talos-prod-01", $$"""
            {"phase":"Running","kubernetesVersion":"v1.36.2","talosVersion":"v1.13.6","controlPlaneReady":"3/3","workersReady":"1/1","conditions":[{{Ready}}]}
            """);

        Assert.Equal(
            ["NAME|READY|PROXMOX|NODES|CONNECTED|AGE", "matrix-cluster|True|9.1.5|3/3|True"], await ColumnsAsync("pxp"));
        Assert.Equal(
            ["NAME|READY|PROVIDER|CORES|MEMORY|DISK|STORAGE|AGE", "matrix-control-plane|True|matrix-cluster|4|8192|40|local-lvm"], await ColumnsAsync("mclass"));
        Assert.Equal(
            ["NAME|PHASE|READY|KUBERNETES|TALOS|CONTROL PLANE|WORKERS|AGE", "talos-prod-01|Running|True|v1.36.2|v1.13.6|3/3|1/1"], await ColumnsAsync("tc"));
        Assert.Equal(["proxmoxprovider", "machineclass", "taloscluster"], (await server.SucceedAsync("get", "omniscale", "-n", space, "-o", "name"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(name => name.Split('.')[0]).OrderBy(name => name[0] == 'p' ? 0 : name[0] == 'm' ? 1 : 2));

        Task<string> StatusAsync(string kind, string name, string status) =>
            server.SucceedAsync("patch", kind, name, "-n", space, "--subresource=status", "--type=merge", "-p", $$"""{"status":{{status}}}""");

        // The columns without the age's value, which moves.
        async Task<IEnumerable<string>> ColumnsAsync(string kind) => (await server.SucceedAsync("get", kind, "-n", space))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select((cells, row) => string.Join('|', row == 0 ? cells : cells[..^1]));
    }

    [Fact]
    public async Task Explain_says_what_the_fields_are()
    {
        var text = await server.SucceedAsync("explain", "taloscluster.spec.controlPlane");
        Assert.Contains("The control-plane machines: of a machine class, or named one by one.", text, StringComparison.Ordinal);
        Assert.Contains("  machineClass\t<Object>\n    Takes a number of machines of a class. Give this or machines.", text, StringComparison.Ordinal);
        Assert.Contains("  systemExtensions\t<[]string>\n    Talos system extensions for this set, instead of the cluster's. An empty\n    list means none.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_sets_of_several_appliers_are_merged_by_name()
    {
        var space = await NewNamespaceAsync();
        await ApplyAsync("team-a", "[{name: a, machineClass: {name: small, size: 1}}]");
        await ApplyAsync("team-b", "[{name: b, machineClass: {name: large, size: 2}}]");
        await ApplyAsync("autoscaler", "[{name: b, machineClass: {name: large}}]");
        await ApplyAsync("team-a", "[{name: a, machineClass: {name: small, size: 5}}]");
        var workers = JsonNode.Parse(await server.SucceedAsync("get", "tc", "merged", "-n", space, "-o", "json"))!["spec"]!["workers"]!.AsArray();
        Assert.Equal(["a 5", "b 2"], workers.Select(set => $"{set!["name"]} {set["machineClass"]!["size"]}"));

        async Task ApplyAsync(string manager, string sets) => (await server.ApplyAsync(space, $$"""
            apiVersion: omniscale.dev/v1alpha1
            kind: TalosCluster
            metadata: {name: merged}
            spec:
              kubernetes: {version: v1.36.2}
              talos: {version: v1.13.6}
              controlPlane:
                machineClass: {name: a}
              workers: {{sets}}
            """, "--server-side", $"--field-manager={manager}")).EnsureSuccess();
    }

    [Theory, InlineData("proxmoxprovider"), InlineData("machineclass"), InlineData("taloscluster"), InlineData("conditions")]
    public async Task Examples_of_the_documents_are_accepted(string document)
    {
        var space = await NewNamespaceAsync();
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "spec", document + ".md"), TestContext.Current.CancellationToken);
        var examples = text.Split("```yaml\n")[1..].Select(rest => rest.Split("\n```")[0]).Where(yaml => yaml.StartsWith("apiVersion: ", StringComparison.Ordinal));
        Assert.NotEmpty(examples);
        foreach (var yaml in examples)
        {
            (await server.ApplyAsync(space, yaml.Replace("namespace: omni-scale", $"namespace: {space}", StringComparison.Ordinal))).EnsureSuccess();
        }
    }

    private Task<string> NewNamespaceAsync() => server.ControlPlane.CreateNamespaceAsync();
}

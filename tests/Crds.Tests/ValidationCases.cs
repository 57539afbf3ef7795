namespace OmniScale.Crds.Tests;

/// <summary>An object that is applied, after another state of it if <paramref name="Before"/> is given, and the refusal, if any.</summary>
internal sealed record ValidationCase(string What, string Yaml, string? Message = null, string? Before = null);

internal static class ValidationCases
{
    private const string LongName = "a-name-that-is-longer-than-a-cluster-may-have";
    private const string Machine = "27c16241-96bf-4f17-9579-ea3a6c4a3ca8";
    private const string NamedClass = "{machineClass: {name: a, size: 3}}";
    private const string Shape = "providerRef: {name: a}, cores: 4, memoryMiB: 4096, diskSizeGiB: 20, storageSelector: 'name == \"a\"'";

    private const string DifferentClusterName = "spec.clusterName: Invalid value: spec.clusterName is immutable (left out, it is the object's name)";
    private const string DifferentOmniName = "spec.omniName: Invalid value: spec.omniName is immutable (left out, it is the object's name)";
    private const string DifferentProviderId = "spec.providerID: Invalid value: spec.providerID is immutable (left out, it is the object's name)";
    private const string MachinesOrClass = "Invalid value: give either machineClass or machines";
    private const string NotUuids = "spec.controlPlane.machines: Invalid value: must be UUIDs as `omnictl get machines` shows them";
    private const string Size = "must be a number from 0 to 10000, or Unlimited";
    private const string Reserved = "Invalid value: keys that begin with omni.sidero.dev/ or omniscale.dev/ are reserved";
    private const string Url = "must be https://HOST:8006, without user, path or query (/api2/json is added by itself)";
    private const string OtherSort = "spec: Invalid value: a class cannot change between matchLabels and a VM shape: make a new one";

    public static IReadOnlyList<ValidationCase> Accepted { get; } =
    [
        new("a version without v", Cluster(kubernetes: "1.36.2")),
        new("a version of a release candidate", Cluster(kubernetes: "v1.37.0-rc.1")),
        new("a cluster name with capitals and underscores", Cluster("clusterName: Prod_1")),
        new("no size, for an autoscaler", Cluster(controlPlane: "{machineClass: {name: a}}")),
        new("a size of zero", Cluster(controlPlane: "{machineClass: {name: a, size: 0}}")),
        new("a size of Unlimited", Cluster(controlPlane: "{machineClass: {name: a, size: Unlimited}}")),
        new("machines by their UUIDs", Cluster(controlPlane: $"{{machines: [{Machine}]}}")),
        new("worker sets of different names, one of them the default", Cluster($"workers: [{NamedClass}, {{name: b, machineClass: {{name: a}}}}]")),
        new("inline patches as object, list and text", Cluster("patches: [{name: a, inline: {a: 1}}, {name: b, inline: [{a: 1}]}, {name: c, inline: 'a: null'}]")),
        new("a patch with name and idOverride", Cluster("patches: [{name: a, idOverride: 100-a, inline: {}}]")),
        new("the default of clusterName written out", Cluster("clusterName: t"), Before: Cluster()),
        new("clusterName left out where it is the default", Cluster(), Before: Cluster("clusterName: t")),
        new("a class of existing machines", Class("matchLabels: ['zone = a']")),
        new("a class with data that has no field", Class($"{Shape}, providerData: {{tags: [a], ha: {{enabled: true}}}}")),
        new("another provider for a class", Class(Shape.Replace("name: a}", "name: b}", StringComparison.Ordinal)), Before: Class(Shape)),
        new("a Proxmox with a port and a slash", Provider("url: https://pve.example.com:8006/")),
        new("a Proxmox by an IPv6 address", Provider("url: 'https://[2001:db8::5]:8006'")),
        new("a check that is not skipped beside a CA", Provider("url: https://a, insecureSkipTLSVerify: false, caSecretRef: {name: a}")),
        new("a provider id with capitals", Provider(more: "providerID: Matrix-Cluster")),
    ];

    public static IReadOnlyList<ValidationCase> Rejected { get; } =
    [
        new("an unknown field of a cluster", Cluster("controlplane: {}"), "Error from server (BadRequest): error when creating \"STDIN\": "
            + "TalosCluster in version \"v1alpha1\" cannot be handled as a TalosCluster: strict decoding error: unknown field \"spec.controlplane\""),
        new("a class and machines", Cluster(controlPlane: $"{{machineClass: {{name: a}}, machines: [{Machine}]}}"), $"spec.controlPlane: {MachinesOrClass}"),
        new("neither class nor machines", Cluster(controlPlane: "{labels: {a: b}}"), $"spec.controlPlane: {MachinesOrClass}"),
        new("workers without class and machines", Cluster("workers: [{name: a}]"), $"spec.workers[0]: {MachinesOrClass}"),
        new("a version of two numbers", Cluster(kubernetes: "v1.36"), "spec.kubernetes.version: Invalid value: \"v1.36\": must be a version such as v1.36.2"),
        new("a version that YAML takes for a number", Cluster(kubernetes: "1.36"),
            "spec.kubernetes.version: Invalid value: \"number\": spec.kubernetes.version in body must be of type string: \"number\""),
        new("no version", "{apiVersion: omniscale.dev/v1alpha1, kind: TalosCluster, metadata: {name: t}, spec: {talos: {}, controlPlane: {}}}",
            "spec.kubernetes: Required value\nspec.talos.version: Required value"),
        new("a backup interval in words", Cluster("features: {backupConfiguration: {interval: 1 hour}}"),
            "spec.features.backupConfiguration.interval: Invalid value: \"1 hour\": must be a duration such as 30m, 1h or 1h30m"),
        new("a clusterName after the default", Cluster("clusterName: other"), DifferentClusterName, Before: Cluster()),
        new("no clusterName after one", Cluster(), DifferentClusterName, Before: Cluster("clusterName: other")),
        new("another clusterName", Cluster("clusterName: third"), DifferentClusterName, Before: Cluster("clusterName: other")),
        new("a dot in a cluster's own name", Cluster(name: "prod.example"),
            "spec.clusterName: Invalid value: the cluster's name (spec.clusterName, else the object's name) may hold letters, digits, dashes and underscores only"),
        new("a dot in a clusterName", Cluster("clusterName: prod.example"),
            "spec.clusterName: Invalid value: the cluster's name (spec.clusterName, else the object's name) may hold letters, digits, dashes and underscores only"),
        new("an empty clusterName", Cluster("clusterName: ''"),
            "spec.clusterName: Invalid value: \"\": spec.clusterName in body should be at least 1 chars long\n"
            + "spec.clusterName: Invalid value: the cluster's name (spec.clusterName, else the object's name) may hold letters, digits, dashes and underscores only"),
        new("a long name", Cluster(name: LongName), "spec.clusterName: Invalid value: the cluster's name (spec.clusterName, else the object's name) "
            + "may have at most 41 characters: with -control-planes and a suffix it becomes a VM name of at most 63"),
        new("a long clusterName", Cluster($"clusterName: {LongName}"), "spec.clusterName: Invalid value: the cluster's name (spec.clusterName, else the object's name) "
            + "may have at most 41 characters: with -control-planes and a suffix it becomes a VM name of at most 63"),
        new("names that are too long together", Cluster($"workers: [{{name: {LongName}-ten, machineClass: {{name: a}}}}]", name: "short-name"),
            "spec.workers: Invalid value: a worker set's name and the cluster's name may together have at most 55 characters: with a suffix they become a VM name of at most 63"),
        new("a reserved label", Cluster("labels: {omni.sidero.dev/cluster: a}"), $"spec.labels: {Reserved}"),
        new("a reserved annotation of workers", Cluster("workers: [{machineClass: {name: a}, annotations: {omniscale.dev/owner: a}}]"), $"spec.workers[0].annotations: {Reserved}"),
        new("a reserved label of a patch", Cluster("patches: [{name: a, inline: {}, labels: {omniscale.dev/owner: a}}]"), $"spec.patches[0].labels: {Reserved}"),
        new("a worker set twice", Cluster("workers: [{name: a, machineClass: {name: a}}, {name: a, machineClass: {name: b}}]"), "spec.workers[1]: Duplicate value: {\"name\":\"a\"}"),
        new("two worker sets without a name", Cluster($"workers: [{NamedClass}, {NamedClass}]"), "spec.workers[1]: Duplicate value: {\"name\":\"workers\"}"),
        new("workers called control-planes", Cluster("workers: [{name: control-planes, machineClass: {name: a}}]"),
            "spec.workers[0].name: Invalid value: \"control-planes\": is the name of the control plane's own set"),
        new("workers with a dot in their name", Cluster("workers: [{name: a.b, machineClass: {name: a}}]"),
            "spec.workers[0].name: Invalid value: \"a.b\": may hold letters, digits, dashes and underscores only"),
        new("a size in lower case", Cluster(controlPlane: "{machineClass: {name: a, size: unlimited}}"), $"spec.controlPlane.machineClass.size: Invalid value: \"unlimited\": {Size}"),
        new("a size in quotes", Cluster(controlPlane: "{machineClass: {name: a, size: '3'}}"), $"spec.controlPlane.machineClass.size: Invalid value: \"3\": {Size}"),
        new("a size below zero", Cluster(controlPlane: "{machineClass: {name: a, size: -1}}"), $"spec.controlPlane.machineClass.size: Invalid value: -1: {Size}"),
        new("a size beyond all bounds", Cluster(controlPlane: "{machineClass: {name: a, size: 10001}}"), $"spec.controlPlane.machineClass.size: Invalid value: 10001: {Size}"),
        new("half a machine", Cluster(controlPlane: "{machineClass: {name: a, size: 1.5}}"),
            "spec.controlPlane.machineClass.size: Invalid value: \"number\": spec.controlPlane.machineClass.size in body must be of type integer,string: \"number\""),
        new("a machine that is no UUID", Cluster(controlPlane: "{machines: [foxtrot]}"), NotUuids),
        new("a machine that is nearly a UUID", Cluster(controlPlane: $"{{machines: [{Machine[..^1]}g]}}"), NotUuids),
        new("a machine twice", Cluster(controlPlane: $"{{machines: [{Machine}, {Machine}]}}"), $"spec.controlPlane.machines[1]: Duplicate value: \"{Machine}\""),
        new("a patch without content", Cluster("patches: [{name: a}]"), "spec.patches[0].inline: Required value"),
        new("a patch without a name", Cluster("patches: [{inline: {}}]"), "spec.patches[0]: Invalid value: give a name, or an idOverride"),
        new("a deletionPolicy in lower case", Cluster("deletionPolicy: delete"), "spec.deletionPolicy: Unsupported value: \"delete\": supported values: \"Orphan\", \"Delete\""),
        new("an unknown field of a class", Class($"{Shape}, memory: 5"), "Error from server (BadRequest): error when creating \"STDIN\": "
            + "MachineClass in version \"v1alpha1\" cannot be handled as a MachineClass: strict decoding error: unknown field \"spec.memory\""),
        new("an empty class", Class(""), "spec: Invalid value: give either providerRef (with the shape of a VM) or matchLabels"),
        new("a class of both sorts", Class($"{Shape}, matchLabels: [a]"), "spec: Invalid value: give either providerRef (with the shape of a VM) or matchLabels"),
        new("matchLabels with cores", Class("matchLabels: [a], cores: 4"),
            "spec: Invalid value: a class with matchLabels chooses among existing machines and takes no fields of a VM shape"),
        new("a VM shape without its size", Class("providerRef: {name: a}, cores: 4"),
            "spec: Invalid value: cores, memoryMiB, diskSizeGiB and storageSelector are required with providerRef"),
        new("a VM that is too small", Class("providerRef: {name: a}, cores: 0, memoryMiB: 1024, diskSizeGiB: 1, storageSelector: a"),
            "spec.cores: Invalid value: 0: spec.cores in body should be greater than or equal to 1\n"
            + "spec.diskSizeGiB: Invalid value: 1: spec.diskSizeGiB in body should be greater than or equal to 5\n"
            + "spec.memoryMiB: Invalid value: 1024: spec.memoryMiB in body should be greater than or equal to 2048"),
        new("matchLabels after a VM shape", Class("matchLabels: [a]"), OtherSort, Before: Class(Shape)),
        new("a VM shape after matchLabels", Class(Shape), OtherSort, Before: Class("matchLabels: [a]")),
        new("an omniName after the default", Class($"{Shape}, omniName: other"), DifferentOmniName, Before: Class(Shape)),
        new("no omniName after one", Class(Shape), DifferentOmniName, Before: Class($"{Shape}, omniName: other")),
        new("another omniName", Class($"{Shape}, omniName: third"), DifferentOmniName, Before: Class($"{Shape}, omniName: other")),
        new("a dot in an omniName", Class($"{Shape}, omniName: a.b"),
            "spec.omniName: Invalid value: the name in Omni (spec.omniName, else the object's name) may hold letters, digits, dashes and underscores only"),
        new("a META key of more than a byte", Class($"{Shape}, metaValues: [{{key: 256, value: a}}]"),
            "spec.metaValues[0].key: Invalid value: 256: spec.metaValues[0].key in body should be less than or equal to 255"),
        new("a Proxmox without TLS", Provider("url: 'http://a:8006'"), $"spec.proxmox.url: Invalid value: \"http://a:8006\": {Url}"),
        new("a Proxmox with the path of its API", Provider("url: 'https://a:8006/api2/json'"), $"spec.proxmox.url: Invalid value: \"https://a:8006/api2/json\": {Url}"),
        new("a Proxmox with a user", Provider("url: 'https://root@a:8006'"), $"spec.proxmox.url: Invalid value: \"https://root@a:8006\": {Url}"),
        new("a Proxmox without a scheme", Provider("url: 'a:8006'"), $"spec.proxmox.url: Invalid value: \"a:8006\": {Url}"),
        new("two ways to trust a Proxmox", Provider("url: 'https://a', caSecretRef: {name: a}, fingerprints: ['AB:CD']"),
            "spec.proxmox: Invalid value: choose one of caSecretRef, fingerprints and insecureSkipTLSVerify"),
        new("a fingerprint beside trust in everything", Provider("url: 'https://a', insecureSkipTLSVerify: true, fingerprints: ['AB:CD']"),
            "spec.proxmox: Invalid value: choose one of caSecretRef, fingerprints and insecureSkipTLSVerify"),
        new("a fingerprint twice", Provider("url: 'https://a', fingerprints: ['AB:CD', 'AB:CD']"), "spec.proxmox.fingerprints[1]: Duplicate value: \"AB:CD\""),
        new("no credentials", "{apiVersion: omniscale.dev/v1alpha1, kind: ProxmoxProvider, metadata: {name: p}, spec: {proxmox: {url: 'https://a'}}}",
            "spec.proxmox.credentialsSecretRef: Required value"),
        new("a providerID after the default", Provider(more: "providerID: other"), DifferentProviderId, Before: Provider()),
        new("no providerID after one", Provider(), DifferentProviderId, Before: Provider(more: "providerID: other")),
        new("another case of a providerID", Provider(more: "providerID: Other"), DifferentProviderId, Before: Provider(more: "providerID: other")),
        new("an underscore in a providerID", Provider(more: "providerID: a_b"), "spec.providerID: Invalid value: "
            + "the provider id (spec.providerID, else the object's name) may hold letters, digits and dashes only, at most 63, and no dash at its ends"),
        new("a checkInterval without a unit", Provider(more: "checkInterval: '60'"), "spec.checkInterval: Invalid value: \"60\": must be a duration such as 30s, 5m or 1h30m"),
        new("a checkInterval that is too short", Provider(more: "checkInterval: 5s"), "spec.checkInterval: Invalid value: \"5s\": must be at least 10s"),
    ];

    private static string Cluster(string more = "", string name = "t", string kubernetes = "v1.36.2", string controlPlane = NamedClass) => $$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: {{name}}}
        spec:
          kubernetes: {version: {{kubernetes}}}
          talos: {version: v1.13.6}
          controlPlane: {{controlPlane}}
          {{more}}
        """;

    private static string Class(string spec) => $$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: m}
        spec: { {{spec}} }
        """;

    private static string Provider(string proxmox = "url: 'https://a:8006'", string more = "") => $$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {name: p}
        spec:
          proxmox: { {{proxmox}}, credentialsSecretRef: {name: a} }
          {{more}}
        """;
}

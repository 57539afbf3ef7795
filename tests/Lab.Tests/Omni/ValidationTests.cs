using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;

namespace OmniScale.Lab.Tests.Omni;

public class ValidationTests
{
    private static readonly OmniVersion Newest = new(1, 11);

    [Theory]
    [InlineData("a b", "1.13.5", "1.36.1", "name should only contain letters, digits, dashes and underscores")]
    [InlineData("prod", "v1.13.5", "1.36.1", "error validating Talos version")]
    [InlineData("prod", "1.13.5", "1.36", "error validating Kubernetes version")]
    [InlineData("prod", "1.13.77", "1.36.1", "invalid talos version")]
    [InlineData("prod", "1.8.0", "1.29.0", "no longer supported")]
    [InlineData("prod", "1.99.0", "1.36.1", "not supported by this Omni release")]
    [InlineData("prod", "1.9.0", "1.36.1", "is not compatible with talos version")]
    public async Task Cluster_ThatBreaksARule_IsRefused(string id, string talos, string kubernetes, string expected)
    {
        await using var omni = await StartAsync(Newest);

        await AssertInvalidAsync(omni.Client.CreateAsync(Samples.Cluster(id, talos, kubernetes)), expected);
    }

    [Fact]
    public async Task Cluster_WithSeveralFaults_ListsThemAll()
    {
        await using var omni = await StartAsync(Newest);

        var status = await omni.Client.CreateAsync(Samples.Cluster("a b", "x", "y")).FailureAsync();

        Assert.Equal(
            "failed to validate: 3 errors occurred:\n" +
            "\t* name should only contain letters, digits, dashes and underscores: \"a b\"\n" +
            "\t* error validating Talos version: \"x\" is not a semantic version\n" +
            "\t* error validating Kubernetes version: \"y\" is not a semantic version\n\n",
            status.Detail);
    }

    [Theory]
    [InlineData("1.13.5", "1.35.0", null)]
    [InlineData("1.13.5", "1.34.0", "is not supported for upgrade")]
    [InlineData("1.13.5", "1.32.0", "is not supported for upgrade")]
    [InlineData("1.11.5", "1.33.0", "downgrading from version")]
    public async Task Cluster_OnUpdate_MayOnlyGoWhereUpgradesLead(string talos, string kubernetes, string? expected)
    {
        await using var omni = await StartAsync(Newest);
        omni.Simulator.State.Put(Samples.Cluster(talos: "1.12.0", kubernetes: expected == "downgrading from version" ? "1.33.0" : kubernetes == "1.34.0" ? "1.32.0" : "1.34.0"));
        var cluster = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        (cluster.Spec.TalosVersion, cluster.Spec.KubernetesVersion) = (talos, kubernetes);

        if (expected is null)
            await omni.Client.UpdateAsync(cluster);
        else
            await AssertInvalidAsync(omni.Client.UpdateAsync(cluster), expected);
    }

    [Fact]
    public async Task Cluster_ThatIsLocked_IsNeitherChangedNorDeleted_ButUnlocked()
    {
        await using var omni = await StartAsync(Newest);
        var cluster = Samples.Cluster();
        cluster.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "";
        await omni.Client.CreateAsync(cluster);

        await AssertInvalidAsync(omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod"), "the cluster \"prod\" is locked");
        var current = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        current.Metadata.Labels["a"] = "b";
        await AssertInvalidAsync(omni.Client.UpdateAsync(current), "the cluster \"prod\" is locked");
        await AssertInvalidAsync(omni.Client.CreateAsync(ManualSet("prod-workers", OmniLabels.RoleWorker)), "is locked");
        current.Metadata.Annotations.Clear();
        await omni.Client.UpdateAsync(current);
    }

    [Theory]
    [InlineData("prod-workers", OmniLabels.RoleControlPlane, "control plane machine set must have ID")]
    [InlineData("prod-control-planes", OmniLabels.RoleWorker, "worker machine set must not have ID")]
    [InlineData("other-workers", OmniLabels.RoleWorker, "must have \"prod-\" as prefix")]
    [InlineData("prod-workers", "role", "must have either")]
    public async Task MachineSet_WithAWrongIdOrRole_IsRefused(string id, string role, string expected)
    {
        await using var omni = await StartAsync(Newest);
        await omni.Client.CreateAsync(Samples.Cluster());

        await AssertInvalidAsync(omni.Client.CreateAsync(ManualSet(id, role)), expected);
    }

    [Fact]
    public async Task MachineSet_WhoseClusterIsMissingOrGoing_IsRefused()
    {
        await using var omni = await StartAsync(Newest);
        var set = ManualSet("prod-workers", OmniLabels.RoleWorker);

        await AssertInvalidAsync(omni.Client.CreateAsync(set), "does not exist");
        await omni.Client.CreateAsync(Samples.Cluster());
        omni.Simulator.State.TearDown(ResourceTypes.Clusters, "prod");
        await AssertInvalidAsync(omni.Client.CreateAsync(set), "is tearing down");
        await AssertInvalidAsync(omni.Client.CreateAsync(Samples.Patch("machine: {}")), "is tearing down");
        set.Metadata.Labels.Remove(OmniLabels.Cluster);
        await AssertInvalidAsync(omni.Client.CreateAsync(set), "label \"omni.sidero.dev/cluster\" does not exist");
    }

    [Theory]
    [InlineData("", 1, AllocationType.Static, "machine allocation source name is not set")]
    [InlineData("other", 1, AllocationType.Static, "machine class with name \"other\" doesn't exist")]
    [InlineData("small", 1, AllocationType.Unlimited, "machine count can be set only")]
    [InlineData("small", 0, AllocationType.Unlimited, "unlimited machine set allocation is not supported")]
    public async Task MachineSet_WithAnAllocationThatCannotBe_IsRefused(string @class, uint count, AllocationType type, string expected)
    {
        await using var omni = await StartAsync(Newest);
        await omni.Client.CreateAsync(Samples.Cluster());
        omni.Simulator.State.Put(Samples.MachineClass());
        var set = Samples.Workers(count, @class: @class);
        set.Spec.MachineAllocation.AllocationType = type;

        await AssertInvalidAsync(omni.Client.CreateAsync(set), expected);
    }

    [Fact]
    public async Task MachineSetNode_OfASetThatAllocatesByItself_IsRefused()
    {
        await using var omni = await StartAsync(Newest);
        await omni.Client.CreateAsync(Samples.Cluster());
        omni.Simulator.State.Put(Samples.MachineClass());
        await omni.Client.CreateAsync(Samples.Workers(1));
        var node = ResourceTypes.MachineSetNodes.New("uuid", new MachineSetNodeSpec());
        node.Metadata.Labels.Add(Samples.Workers(1).Metadata.Labels);
        node.Metadata.Labels[OmniLabels.MachineSet] = "prod-workers";

        await AssertInvalidAsync(omni.Client.CreateAsync(node), "is using automated machine allocation");
    }

    [Fact]
    public async Task MachineClass_BeforeItsProviderHasConnected_IsRefused()
    {
        await using var omni = await StartAsync(Newest);

        await AssertInvalidAsync(omni.Client.CreateAsync(Samples.MachineClass()), "failed to get provider: ");
        PublishProvider(omni);
        await omni.Client.CreateAsync(Samples.MachineClass());
    }

    [Fact]
    public async Task MachineClass_WithDataAgainstTheSchema_IsRefusedWithAListOfWhatIsWrong()
    {
        await using var omni = await StartAsync(Newest);
        PublishProvider(omni);

        var status = await omni.Client.CreateAsync(Samples.MachineClass(providerData: "cores: many\nmemory: 1024\ndisk_size: 40\nunknown: 1\n")).FailureAsync();

        Assert.Equal(
            "failed to validate: 1 error occurred:\n\t* provider data is invalid:\n" +
            "- cores: must be an integer\n- memory: must be greater than or equal to 2048\n- storage_selector is required\n\n",
            status.Detail);
    }

    [Fact]
    public async Task MachineClass_ThatTurnsFromLabelsToProvisioning_PanicsTheServer()
    {
        await using var omni = await StartAsync(Newest);
        PublishProvider(omni);
        await omni.Client.CreateAsync(ResourceTypes.MachineClasses.New("small", new MachineClassSpec { MatchLabels = { "a=b" } }));
        var @class = Samples.MachineClass();
        @class.Metadata.Version = "1";

        Assert.Equal(StatusCode.Internal, (await omni.Client.UpdateAsync(@class).FailureAsync()).StatusCode);
    }

    [Fact]
    public async Task MachineClass_WithBothOrNeither_IsRefused()
    {
        await using var omni = await StartAsync(Newest);
        var both = Samples.MachineClass();
        both.Spec.MatchLabels.Add("a");

        await AssertInvalidAsync(omni.Client.CreateAsync(both), "can't set both");
        await AssertInvalidAsync(omni.Client.CreateAsync(ResourceTypes.MachineClasses.New("none", new MachineClassSpec())), "should either have");
        await AssertInvalidAsync(
            omni.Client.CreateAsync(ResourceTypes.MachineClasses.New("bad", new MachineClassSpec { MatchLabels = { "a in (b" } })), "invalid label selector");
    }

    [Theory]
    [InlineData("1.11", "machine: [", "yaml: line")]
    [InlineData("1.11", "- op: add", "the document is not a mapping")]
    [InlineData("1.11", "machin: {}", "unknown keys found during decoding:\nmachin")]
    [InlineData("1.11", "machine: {kubelett: {}}", "machine.kubelett")]
    [InlineData("1.11", "cluster: {clusterName: x}", "overriding \"cluster.clusterName\" is not allowed")]
    [InlineData("1.11", "machine: {install: {disk: /dev/sda}}", "overriding \"machine.install.disk\" is not allowed")]
    [InlineData("1.10", "machine: {install: {disk: /dev/sda}}", null)]
    [InlineData("1.10", "cluster: {ca: {crt: x}}", "overriding \"cluster.ca\" is not allowed")]
    [InlineData("1.9", "cluster: {ca: {crt: x}}", null)]
    [InlineData("1.10", "apiVersion: v1alpha1\nkind: KubeClusterConfig\n", "the \"KubeClusterConfig\" document is not allowed")]
    [InlineData("1.9", "apiVersion: v1alpha1\nkind: KubeClusterConfig\n", null)]
    [InlineData("1.11", "machine: {features: {kubernetesTalosAPIAccess: {allowedRoles: [os:admin]}}}", "os:admin")]
    [InlineData("1.11", "machine:\n  $patch: delete\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n", null)]
    public async Task ConfigPatch_IsHeldAgainstTheRulesOfTheVersion(string version, string data, string? expected)
    {
        await using var omni = await StartAsync(OmniVersion.Parse(version));
        await omni.Client.CreateAsync(Samples.Cluster());

        if (expected is null)
            await omni.Client.CreateAsync(Samples.Patch(data));
        else
            await AssertInvalidAsync(omni.Client.CreateAsync(Samples.Patch(data)), expected);
    }

    [Theory]
    [InlineData("1.9", "siderolabs/iscsi-toolz", "is not available")]
    [InlineData("1.8", "siderolabs/iscsi-toolz", null)]
    [InlineData("1.9", "iscsi-tools", null)]
    public async Task Extensions_AreLookedUpInTheCatalogueSince19(string version, string extension, string? expected)
    {
        await using var omni = await StartAsync(OmniVersion.Parse(version));
        await omni.Client.CreateAsync(Samples.Cluster());
        var configuration = ResourceTypes.ExtensionsConfigurations.New("schematic-prod", new ExtensionsConfigurationSpec { Extensions = { extension } });
        configuration.Metadata.Labels[OmniLabels.Cluster] = "prod";

        if (expected is null)
            await omni.Client.CreateAsync(configuration);
        else
            await AssertInvalidAsync(omni.Client.CreateAsync(configuration), expected);
    }

    [Theory]
    [InlineData("1.10", "Matrix", "invalid infra provider name")]
    [InlineData("1.9", "Matrix", null)]
    [InlineData("1.10", "matrix-cluster", null)]
    public async Task InfraProvider_IsADnsLabelSince110(string version, string id, string? expected)
    {
        await using var omni = await StartAsync(OmniVersion.Parse(version));
        var provider = ResourceTypes.InfraProviders.New(id, new InfraProviderSpec());

        if (expected is null)
            await omni.Client.CreateAsync(provider);
        else
            await AssertInvalidAsync(omni.Client.CreateAsync(provider), expected);
    }

    [Theory]
    [InlineData("1.9", "too many labels")]
    [InlineData("1.8", null)]
    public async Task Labels_AreLimitedSince19(string version, string? expected)
    {
        await using var omni = await StartAsync(OmniVersion.Parse(version));
        var cluster = Samples.Cluster();
        for (var index = 0; index < 257; index++)
            cluster.Metadata.Labels[$"l{index}"] = "";

        if (expected is null)
            await omni.Client.CreateAsync(cluster);
        else
            await AssertInvalidAsync(omni.Client.CreateAsync(cluster), expected);
    }

    [Fact]
    public async Task Validators_SeeTheCache()
    {
        await using var omni = await TestOmni.StartAsync(new OmniSimulatorOptions { ReadLag = TimeSpan.FromHours(1), RunLifecycle = false });
        await omni.Client.CreateAsync(Samples.Cluster());

        await AssertInvalidAsync(omni.Client.CreateAsync(ManualSet("prod-workers", OmniLabels.RoleWorker)), "does not exist");
    }

    private static Task<TestOmni> StartAsync(OmniVersion version) =>
        TestOmni.StartAsync(new OmniSimulatorOptions { Version = version, ReadLag = TimeSpan.Zero, RunLifecycle = false });

    private static OmniResource<MachineSetSpec> ManualSet(string id, string role)
    {
        var set = ResourceTypes.MachineSets.New(id, new MachineSetSpec());
        set.Metadata.Labels[OmniLabels.Cluster] = "prod";
        set.Metadata.Labels[role] = "";
        return set;
    }

    private static void PublishProvider(TestOmni omni) =>
        omni.Simulator.State.Put(ResourceTypes.InfraProviderStatuses.New(Samples.Provider, new InfraProviderStatusSpec { Schema = ProviderSchema.Json }));

    private static async Task AssertInvalidAsync(Task call, string expected)
    {
        var status = await call.FailureAsync();
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.StartsWith("failed to validate: ", status.Detail, StringComparison.Ordinal);
        Assert.Contains(expected, status.Detail, StringComparison.Ordinal);
    }
}

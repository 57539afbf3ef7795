using Google.Protobuf;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>Changes of the spec of a cluster that runs.</summary>
public sealed class UpdateTests(Installation installation)
{
    [Fact]
    public async Task A_new_cluster_is_created_root_first_and_every_part_is_marked()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.ClearCalls();

        await stage.ApplyClusterAsync("first", more: "systemExtensions: [siderolabs/gvisor]");

        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(
            [
                "Create Clusters/first", "Create ExtensionsConfigurations/schematic-first", "Create ConfigPatches/200-cluster-first-cni",
                "Create MachineSets/first-control-planes", "Create MachineSets/first-workers",
            ],
            stage.Writes());
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.ExtensionsConfigurations, "schematic-first"));
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.ConfigPatches, "200-cluster-first-cni"));
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.MachineSets, "first-control-planes"));
    }

    [Theory]
    [InlineData("""{"talos": {"version": "v1.13.7"}}""", "Update Clusters/first")]
    [InlineData("""{"kubernetes": {"version": "v1.36.3"}}""", "Update Clusters/first")]
    [InlineData("""{"labels": {"team": "one"}}""", "Update Clusters/first")]
    [InlineData("""{"controlPlane": {"machineClass": {"name": "small", "size": 3}}}""", "Update MachineSets/first-control-planes")]
    [InlineData("""{"workers": [{"name": "workers", "machineClass": {"name": "small", "size": 0}}]}""", "Update MachineSets/first-workers")]
    [InlineData("""{"patches": [{"name": "cni", "inline": {"machine": {"network": {}}}}]}""", "Update ConfigPatches/200-cluster-first-cni")]
    [InlineData("""{"patches": []}""", "Teardown ConfigPatches/200-cluster-first-cni, Destroy ConfigPatches/200-cluster-first-cni")]
    [InlineData("""{"patches": [{"name": "new", "inline": {"machine": {}}}, {"name": "cni", "inline": {"cluster": {"network": {"cni": {"name": "none"}}}}}]}""",
        "Create ConfigPatches/200-cluster-first-new, Create ConfigPatches/201-cluster-first-cni, Teardown ConfigPatches/200-cluster-first-cni, Destroy ConfigPatches/200-cluster-first-cni")]
    [InlineData("""{"systemExtensions": []}""", "Create ExtensionsConfigurations/schematic-first")]
    public async Task A_change_sends_exactly_what_differs(string spec, string writes)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", spec);

        var ready = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(writes.Split(", "), stage.Writes());
        Assert.Equal("Current", Kstatus.Of(ready));
        Assert.Equal(ready.Spec.Talos.Version, ready.Status!.TalosVersion);
        Assert.Equal(ready.Spec.Kubernetes.Version, ready.Status.KubernetesVersion);
    }

    [Fact]
    public async Task Fields_that_this_version_does_not_know_outlive_its_updates()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Spec.MergeFrom(Unknown(number: 900)));
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Spec.Features.MergeFrom(Unknown(number: 901)));
        stage.Omni.State.Edit(ResourceTypes.MachineSets, "first-workers", set => set.Spec.MachineAllocation.MergeFrom(Unknown(number: 902)));
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", """{"talos": {"version": "v1.13.7"}, "workers": [{"name": "workers", "machineClass": {"name": "small", "size": 2}}]}""");

        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update Clusters/first", "Update MachineSets/first-workers"], stage.Writes());
        var cluster = stage.Omni.State.Get(ResourceTypes.Clusters, "first")!.Spec;
        Assert.Equal("1.13.7", cluster.TalosVersion);
        Assert.True(Contains(cluster, 900));
        Assert.True(Contains(cluster.Features, 901));
        Assert.True(Contains(stage.Omni.State.Get(ResourceTypes.MachineSets, "first-workers")!.Spec.MachineAllocation, 902));
    }

    [Fact]
    public async Task What_Omni_refuses_comes_back_word_for_word_and_stalls()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        // A pass that something else asks for would try the refused write once more.
        await stage.SettledAsync();
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", """{"patches": [{"name": "cni", "inline": {"machine": {"nonsense": true}}}]}""");

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", CommonReasons.RejectedByOmni);
        var refused = Assert.Single(stage.Omni.Writes);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        Assert.Equal($"ConfigPatches/200-cluster-first-cni: Omni rejects it: {refused.Detail!["failed to validate: ".Length..]}", Stage.Message(stalled, CommonConditions.Synced));
        Assert.Equal(CommonReasons.RejectedByOmni, Stage.Condition(stalled, TalosClusterConditions.ConfigurationValid).Reason);
        await stage.ApplyClusterAsync("first");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Single(stage.Omni.Writes);
    }

    [Theory]
    [InlineData("""{"talos": {"version": "v1.13.99"}}""")]
    [InlineData("""{"kubernetes": {"version": "v1.20.0"}}""")]
    public async Task A_version_that_Omni_does_not_know_stalls(string spec)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        // A pass that something else asks for would try the refused write once more.
        await stage.SettledAsync();
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", spec);

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", CommonReasons.RejectedByOmni);
        Assert.StartsWith("Clusters/first: Omni rejects it: ", Stage.Message(stalled, CommonConditions.Ready));
        Assert.Equal(["Update Clusters/first (InvalidArgument)"], stage.Writes());
    }

    [Fact]
    public async Task A_suspended_cluster_is_shown_and_not_changed()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", """{"suspend": true, "talos": {"version": "v1.13.7"}}""");

        var suspended = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", CommonReasons.Suspended);
        Assert.Equal("suspended; waiting to update Clusters/first", Stage.Message(suspended, CommonConditions.Ready));
        stage.Omni.State.Edit(ResourceTypes.ConfigPatches, "200-cluster-first-cni", patch => patch.Spec.Data = "machine: {}");
        await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "update Clusters/first, ConfigPatches/200-cluster-first-cni");
        Assert.Empty(stage.Writes());

        await stage.EditAsync<TalosCluster>("first", """{"suspend": false}""");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update Clusters/first", "Update ConfigPatches/200-cluster-first-cni"], stage.Writes());
    }

    [Fact]
    public async Task An_Omni_that_does_not_see_its_own_writes_yet_is_waited_for()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.ReadLag = TimeSpan.FromMilliseconds(200);
        stage.Omni.Faults.Add(new()
        {
            Method = "Create",
            Type = "MachineSets",
            Code = Grpc.Core.StatusCode.InvalidArgument,
            Message = "failed to validate: 1 error occurred:\n\t* the cluster \"first\" of the machine set \"first-control-planes\" does not exist\n\n",
        });
        stage.Omni.ClearCalls();

        await stage.ApplyClusterAsync("first");

        await stage.ReadyAsync<TalosCluster>("first");
        Assert.DoesNotContain(stage.Omni.Writes, call => call.Code == Grpc.Core.StatusCode.AlreadyExists);
        Assert.DoesNotContain(await stage.EventsAsync("first"), e => e.Type == "Warning" || e.Reason == CommonReasons.RejectedByOmni);
        Assert.Equal(4, stage.Omni.Writes.Count(call => call.Code == Grpc.Core.StatusCode.OK));
    }

    /// <summary>A message of one field with that number, as a later version of Omni may add it.</summary>
    private static ByteString Unknown(int number)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.Varint);
            output.WriteBool(true);
        }

        return ByteString.CopyFrom(bytes.ToArray());
    }

    private static bool Contains(IMessage message, int number) => message.ToByteString().Span.IndexOf(Unknown(number).Span) >= 0;
}

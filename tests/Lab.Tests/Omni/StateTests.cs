using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using Operation = OmniScale.Omni.Api.Cosi.LabelTerm.Types.Operation;

namespace OmniScale.Lab.Tests.Omni;

public class StateTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_IgnoresTheVersionAndStoresTheFirst()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Version = "41";

        var stored = await omni.Client.CreateAsync(cluster);

        Assert.Equal("1", stored.Metadata.Version);
        Assert.NotNull(stored.Metadata.Created);
    }

    [Theory]
    [InlineData("", "running")]
    [InlineData("one", "running")]
    [InlineData("1", "Running")]
    [InlineData("1", "")]
    public async Task Create_WithAMalformedVersionOrPhase_IsUnknown(string version, string phase)
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        (cluster.Metadata.Version, cluster.Metadata.Phase) = (version, phase);

        Assert.Equal(StatusCode.Unknown, (await omni.Client.CreateAsync(cluster).FailureAsync()).StatusCode);
    }

    [Fact]
    public async Task Create_WithoutASpec_IsRefusedEvenIfTheSpecIsEmpty()
    {
        await using var omni = await TestOmni.StartAsync();
        var provider = ResourceTypes.InfraProviders.New("pve", new InfraProviderSpec()).ToWire();
        provider.Spec = null;

        var status = await omni.Client.CreateAsync(new CreateRequest { Resource = provider }, cancellationToken: Token).ResponseAsync.FailureAsync();

        Assert.Equal((StatusCode.Unknown, "spec is missing"), (status.StatusCode, status.Detail));
    }

    [Fact]
    public async Task Create_ReadsProtoSpecOnlyAndAnswersWithBothForms()
    {
        await using var omni = await TestOmni.StartAsync();
        var wire = Samples.Cluster().ToWire();
        wire.Spec.YamlSpec = "kubernetesversion: 1.0.0";

        await omni.Client.CreateAsync(new CreateRequest { Resource = wire }, cancellationToken: Token);
        var read = (await omni.Client.ListAsync(ResourceTypes.Clusters)).Single();

        Assert.Equal(Samples.Cluster().Spec, ResourceTypes.Clusters.Decode(read).Spec);
        Assert.Contains("kubernetesversion: 1.36.1", read.Spec.YamlSpec, StringComparison.Ordinal);
    }

    [Fact]
    public async Task YamlSpec_WritesEnumsAsIntegersAndNamesWithoutSeparators()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.State.Put(ResourceTypes.ClusterMachineStatuses.New("m", new ClusterMachineStatusSpec
        {
            Stage = ClusterMachineStatusSpec.Types.Stage.Running,
            LastConfigError = "1.5",
        }));

        var yaml = (await omni.Client.ListAsync(ResourceTypes.ClusterMachineStatuses)).Single().Spec.YamlSpec;

        Assert.Contains("stage: 4", yaml, StringComparison.Ordinal);
        Assert.Contains("lastconfigerror: \"1.5\"", yaml, StringComparison.Ordinal);
        Assert.Contains("provisionstatus:", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_OfAnIdThatIsTaken_IsAlreadyExistsEvenWhileItIsTornDown()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Finalizers.Add("something");
        await omni.Client.CreateAsync(cluster);
        await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod");

        Assert.Equal(StatusCode.AlreadyExists, (await omni.Client.CreateAsync(Samples.Cluster()).FailureAsync()).StatusCode);
    }

    [Fact]
    public async Task Update_ReplacesLabelsAnnotationsAndFinalizersToo()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Labels["a"] = "b";
        cluster.Metadata.Finalizers.Add("controller");
        await omni.Client.CreateAsync(cluster);

        var bare = Samples.Cluster();
        bare.Metadata.Version = "1";
        var updated = await omni.Client.UpdateAsync(bare);

        Assert.Equal("2", updated.Metadata.Version);
        Assert.Empty(updated.Metadata.Labels);
        Assert.Empty(updated.Metadata.Finalizers);
    }

    [Fact]
    public async Task Update_OfAnotherVersion_IsFailedPrecondition()
    {
        await using var omni = await TestOmni.StartAsync();
        await omni.Client.CreateAsync(Samples.Cluster());
        var current = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        await omni.Client.UpdateAsync(current);

        Assert.Equal(StatusCode.FailedPrecondition, (await omni.Client.UpdateAsync(current).FailureAsync()).StatusCode);
    }

    [Fact]
    public async Task Update_OfAForeignResource_IsCheckedForItsVersionThenItsOwnerThenItsPhase()
    {
        await using var omni = await TestOmni.StartAsync();
        var patch = Samples.Patch("machine: {}");
        patch.Metadata.Owner = "SomeController";
        patch.Metadata.Phase = "tearingDown";
        omni.Simulator.State.Put(patch);
        var current = await omni.Client.GetAsync(ResourceTypes.ConfigPatches, patch.Id);

        current.Metadata.Version = "9";
        Assert.Equal(StatusCode.FailedPrecondition, (await omni.Client.UpdateAsync(current).FailureAsync()).StatusCode);
        current.Metadata.Version = "1";
        Assert.Equal(StatusCode.PermissionDenied, (await omni.Client.UpdateAsync(current).FailureAsync()).StatusCode);
        omni.Simulator.State.Edit(ResourceTypes.ConfigPatches, patch.Id, stored => stored.Metadata.Owner = "");
        current.Metadata.Version = "2";
        var phase = await omni.Client.UpdateAsync(current).FailureAsync();
        Assert.Equal(StatusCode.InvalidArgument, phase.StatusCode);
        Assert.DoesNotContain("failed to validate", phase.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_WithoutAnExpectedPhase_TakesAnyPhase()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Finalizers.Add("controller");
        await omni.Client.CreateAsync(cluster);
        await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod");

        var current = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        Assert.Equal(StatusCode.InvalidArgument, (await omni.Client.UpdateAsync(current).FailureAsync()).StatusCode);
        Assert.Equal("3", (await omni.Client.UpdateAsync(current, expectedPhase: null)).Metadata.Version);
    }

    [Fact]
    public async Task Destroy_WithFinalizers_IsFailedPrecondition_AndVersionsBeginAgainAfterwards()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Finalizers.Add("controller");
        await omni.Client.CreateAsync(cluster);

        Assert.False(await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod"));
        Assert.False(await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod"));
        Assert.Equal(StatusCode.FailedPrecondition, (await omni.Client.DestroyAsync(ResourceTypes.Clusters, "prod").FailureAsync()).StatusCode);
        omni.Simulator.State.Edit(ResourceTypes.Clusters, "prod", stored => stored.Metadata.Finalizers.Clear());
        await omni.Client.DestroyAsync(ResourceTypes.Clusters, "prod");

        Assert.Equal(StatusCode.NotFound, (await omni.Client.DestroyAsync(ResourceTypes.Clusters, "prod").FailureAsync()).StatusCode);
        Assert.Equal("1", (await omni.Client.CreateAsync(Samples.Cluster())).Metadata.Version);
    }

    [Fact]
    public async Task TeardownAndDestroy_WaitsForTheFinalizers()
    {
        await using var omni = await TestOmni.StartAsync();
        var cluster = Samples.Cluster();
        cluster.Metadata.Finalizers.Add("controller");
        await omni.Client.CreateAsync(cluster);

        var call = omni.Client.TeardownAndDestroyAsync(
            new TeardownAndDestroyRequest { Namespace = "default", Type = ResourceTypes.Clusters.Name, Id = "prod" }, cancellationToken: Token);
        await omni.Simulator.State.WaitAsync(store => store.Get(ResourceTypes.Clusters, "prod")!.IsTearingDown, TestOmni.Limit, Token);
        Assert.False(call.ResponseAsync.IsCompleted);
        omni.Simulator.State.Edit(ResourceTypes.Clusters, "prod", stored => stored.Metadata.Finalizers.Clear());

        await call;
        Assert.Null(omni.Simulator.State.Get(ResourceTypes.Clusters, "prod"));
    }

    [Fact]
    public async Task Teardown_BeforeVersion18_IsUnimplemented()
    {
        await using var omni = await TestOmni.StartAsync(new OmniSimulatorOptions { Version = new OmniVersion(1, 7), RunLifecycle = false, ReadLag = TimeSpan.Zero });
        await omni.Client.CreateAsync(Samples.Cluster());

        Assert.Equal(StatusCode.Unimplemented, (await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod").FailureAsync()).StatusCode);

        var current = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        current.Metadata.Phase = "tearingDown";
        await omni.Client.UpdateAsync(current);
        await omni.Client.DestroyAsync(ResourceTypes.Clusters, "prod");
    }

    [Fact]
    public async Task Get_RightAfterAWrite_ServesTheOldStateUntilTheCacheCatchesUp()
    {
        await using var omni = await TestOmni.StartAsync(new OmniSimulatorOptions { ReadLag = TimeSpan.FromHours(1), RunLifecycle = false });
        await omni.Client.CreateAsync(Samples.Cluster());

        Assert.Equal(StatusCode.NotFound, (await omni.Client.GetAsync(ResourceTypes.Clusters, "prod").FailureAsync()).StatusCode);
        Assert.Empty(await omni.Client.ListAsync(ResourceTypes.Clusters));
        Assert.Equal(StatusCode.AlreadyExists, (await omni.Client.CreateAsync(Samples.Cluster()).FailureAsync()).StatusCode);

        omni.Simulator.ReadLag = TimeSpan.Zero;
        Assert.NotNull(await omni.Client.GetAsync(ResourceTypes.Clusters, "prod"));
    }

    [Theory]
    [InlineData(Operation.Exists, "tier", "", false, "a,b")]
    [InlineData(Operation.Exists, "tier", "", true, "c")]
    [InlineData(Operation.NotExists, "tier", "", false, "c")]
    [InlineData(Operation.Equal, "tier", "1", false, "a")]
    [InlineData(Operation.Equal, "tier", "1", true, "b,c")]
    [InlineData(Operation.In, "tier", "1 10", false, "a,b")]
    [InlineData(Operation.Lt, "tier", "10", false, "a")]
    [InlineData(Operation.Lte, "tier", "10", false, "a,b")]
    [InlineData(Operation.LtNumeric, "tier", "9", false, "a")]
    [InlineData(Operation.LteNumeric, "tier", "10", false, "a,b")]
    public async Task List_WithALabelTerm_FindsWhatItHoldsFor(Operation operation, string key, string values, bool invert, string expected)
    {
        await using var omni = await TestOmni.StartAsync();
        PutLabelled(omni);
        var term = new LabelTerm { Key = key, Op = operation, Invert = invert, Value = { values.Split(' ') } };

        var found = await omni.Client.ListAsync(
            ResourceTypes.Clusters, new ListOptions { LabelQuery = { new LabelQuery { Terms = { term } } } });

        Assert.Equal(expected, string.Join(',', found.Select(resource => resource.Metadata.Id)));
    }

    [Fact]
    public async Task List_JoinsQueriesByOrAndTermsByAnd()
    {
        await using var omni = await TestOmni.StartAsync();
        PutLabelled(omni);
        LabelTerm Is(string key, string value) => new() { Key = key, Op = Operation.Equal, Value = { value } };
        var options = new ListOptions
        {
            LabelQuery =
            {
                new LabelQuery { Terms = { Is("tier", "1"), Is("zone", "x") } },
                new LabelQuery { Terms = { Is("tier", "10"), Is("zone", "y") } },
                new LabelQuery { Terms = { Is("zone", "z") } },
            },
        };

        Assert.Equal(["a", "c"], (await omni.Client.ListAsync(ResourceTypes.Clusters, options)).Select(resource => resource.Metadata.Id));
    }

    [Fact]
    public async Task List_WithAnIdPattern_FindsWhatMatches_AndABadPatternIsInvalid()
    {
        await using var omni = await TestOmni.StartAsync();
        PutLabelled(omni);

        var found = await omni.Client.ListAsync(ResourceTypes.Clusters, new ListOptions { IdQuery = new IDQuery { Regexp = "^[bc]$" } });
        Assert.Equal(["b", "c"], found.Select(resource => resource.Metadata.Id));
        var status = await omni.Client.ListAsync(ResourceTypes.Clusters, new ListOptions { IdQuery = new IDQuery { Regexp = "(" } }).FailureAsync();
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
    }

    private static void PutLabelled(TestOmni omni)
    {
        foreach (var (id, tier, zone) in new[] { ("a", "1", "x"), ("b", "10", "x"), ("c", "", "z") })
        {
            var cluster = Samples.Cluster(id);
            if (tier.Length > 0)
                cluster.Metadata.Labels["tier"] = tier;
            cluster.Metadata.Labels["zone"] = zone;
            omni.Simulator.State.Put(cluster);
        }
    }
}

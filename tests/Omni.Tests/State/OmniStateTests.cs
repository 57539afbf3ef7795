using Google.Protobuf;
using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

public class OmniStateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_WhenThereIsNoSuchResource_IsNull()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
    }

    [Fact]
    public async Task Create_ReturnsWhatOmniStored()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var created = await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);

        Assert.Equal("1", created.Metadata.Version);
        Assert.NotNull(created.Metadata.Created);
        Assert.Equal("a=b", Assert.Single(((MachineClassSpec)created.RawSpec).MatchLabels));
        var stored = omni.State.Get(ResourceTypes.MachineClasses, "small")!;
        Assert.Equal(stored.Metadata, created.Metadata);
        Assert.Equal(stored.Metadata, (await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation))!.Metadata);
    }

    [Fact]
    public async Task Create_WhenTheIdIsTaken_Fails()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        await FailsAsync(OmniError.AlreadyExists, () => connection.State.CreateAsync(Class("small", "a=b"), Cancellation));
    }

    [Fact]
    public async Task Update_KeepsWhatOthersWrote()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        omni.State.Edit(ResourceTypes.MachineClasses, "small", r =>
        {
            r.Metadata.Finalizers.Add("Controller");
            r.Metadata.Annotations["note"] = "by hand";
            r.Spec.MergeFrom([0x9A, 0x06, 3, (byte)'n', (byte)'e', (byte)'w']);
        });

        var read = (await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation))!.Clone();
        read.Spec.MatchLabels[0] = "a=c";
        read.Metadata.Labels["mine"] = "";
        var updated = await connection.State.UpdateAsync(read, Cancellation);

        Assert.Equal("3", updated.Metadata.Version);
        var stored = omni.State.Get(ResourceTypes.MachineClasses, "small")!;
        Assert.Equal(["Controller"], stored.Metadata.Finalizers);
        Assert.Equal("by hand", stored.Metadata.Annotations["note"]);
        Assert.Equal("", stored.Metadata.Labels["mine"]);
        Assert.Equal("a=c", stored.Spec.MatchLabels[0]);
        Assert.Contains("9A06036E6577", Convert.ToHexString(stored.Spec.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_WhenTheVersionIsOld_IsAVersionConflict()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var created = await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        await connection.State.UpdateAsync(created, Cancellation);
        await FailsAsync(OmniError.VersionConflict, () => connection.State.UpdateAsync(created, Cancellation));
    }

    [Fact]
    public async Task Update_WhenTheResourceIsBeingDeleted_IsAPhaseConflict()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        omni.State.Edit(ResourceTypes.MachineClasses, "small", r => r.Metadata.Finalizers.Add("Controller"));
        await connection.State.TeardownAsync(ResourceTypes.MachineClasses, "small", Cancellation);
        var read = (await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation))!;
        Assert.True(read.IsTearingDown);
        await FailsAsync(OmniError.PhaseConflict, () => connection.State.UpdateAsync(read, Cancellation));
    }

    [Fact]
    public async Task Update_WhenAControllerOwnsTheResource_IsAnOwnerConflict()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var owned = Class("small", "a=b");
        owned.Metadata.Owner = "Controller";
        var stored = omni.State.Put(owned);
        await FailsAsync(OmniError.OwnerConflict, () => connection.State.UpdateAsync(stored, Cancellation));
    }

    [Fact]
    public async Task Create_WhenValidationFails_HasOmnisWords()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var failure = await FailsAsync(OmniError.ValidationFailed, () => connection.State.CreateAsync(ResourceTypes.MachineClasses.New("small", new()), Cancellation));
        Assert.DoesNotContain("failed to validate", failure.Message, StringComparison.Ordinal);
        Assert.Contains("should either have", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WhenTheRoleIsTooLow_IsDenied()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni, Role.Reader);
        await FailsAsync(OmniError.PermissionDenied, () => connection.State.CreateAsync(Class("small", "a=b"), Cancellation));
    }

    [Fact]
    public async Task Call_WhenTheKeyIsUnknown_IsUnauthenticated()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni.Endpoint.ToString());
        Assert.Equal(OmniError.Unauthenticated, (await connection.FailureAsync()).Kind);
    }

    [Fact]
    public async Task Call_WhenTheEulaIsNotAccepted_SaysSo()
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { EulaAccepted = false, RunLifecycle = false });
        await using var connection = Clients.Connect(omni);
        Assert.Equal(OmniError.EulaNotAccepted, (await connection.FailureAsync()).Kind);
    }

    [Theory]
    [InlineData(10, new[] { "Teardown", "Teardown", "Destroy" })]
    [InlineData(7, new[] { "Teardown", "Get", "Update", "Get", "Destroy" })]
    public async Task Teardown_OnEitherSideOfOmni18_SaysWhetherDestroyIsPossible(int minor, string[] expectedCalls)
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { Version = new(1, minor), ReadLag = TimeSpan.Zero, RunLifecycle = false });
        await using var connection = Clients.Connect(omni);
        await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        omni.State.Edit(ResourceTypes.MachineClasses, "small", r => r.Metadata.Finalizers.Add("Controller"));
        omni.ClearCalls();

        Assert.False(await connection.State.TeardownAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        Assert.Equal("tearingDown", omni.State.Get(ResourceTypes.MachineClasses, "small")!.Metadata.Phase);
        omni.State.Edit(ResourceTypes.MachineClasses, "small", r => r.Metadata.Finalizers.Clear());
        Assert.True(await connection.State.TeardownAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        await connection.State.DestroyAsync(ResourceTypes.MachineClasses, "small", Cancellation);

        Assert.Null(omni.State.Get(ResourceTypes.MachineClasses, "small"));
        Assert.Equal(expectedCalls, omni.Calls.Select(c => c.Method));
    }

    [Fact]
    public async Task Teardown_WhenOmniIsAwayForAMoment_DoesNotTakeItForOld()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnTeardown = _ => throw new RpcException(new Status(StatusCode.Unavailable, "later"));
        await using var connection = Clients.Connect(fake.Endpoint);
        await FailsAsync(OmniError.Unavailable, () => connection.State.TeardownAsync(ResourceTypes.Clusters, "one", Cancellation));
        fake.OnTeardown = _ => Task.FromResult(new TeardownResponse { DestroyReady = true });
        Assert.True(await connection.State.TeardownAsync(ResourceTypes.Clusters, "one", Cancellation));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(10)]
    public async Task Teardown_WhenThereIsNoSuchResource_IsNotFound(int minor)
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { Version = new(1, minor), RunLifecycle = false });
        await using var connection = Clients.Connect(omni);
        await FailsAsync(OmniError.NotFound, () => connection.State.TeardownAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        await FailsAsync(OmniError.NotFound, () => connection.State.DestroyAsync(ResourceTypes.MachineClasses, "small", Cancellation));
    }

    [Fact]
    public async Task Destroy_WhenFinalizersAreLeft_SaysSo()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await connection.State.CreateAsync(Class("small", "a=b"), Cancellation);
        omni.State.Edit(ResourceTypes.MachineClasses, "small", r => r.Metadata.Finalizers.Add("Controller"));
        await FailsAsync(OmniError.HasFinalizers, () => connection.State.DestroyAsync(ResourceTypes.MachineClasses, "small", Cancellation));
    }

    [Fact]
    public async Task List_WithLabels_ReturnsOnlyWhatCarriesAllOfThem()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        foreach (var (id, cluster, set) in new[] { ("a", "one", "w"), ("b", "one", "cp"), ("c", "two", "w") })
        {
            var patch = ResourceTypes.ConfigPatches.New(id, new ConfigPatchSpec { Data = "machine: {}" });
            patch.Metadata.Labels[OmniLabels.Cluster] = cluster;
            patch.Metadata.Labels[OmniLabels.MachineSet] = set;
            omni.State.Put(patch);
        }

        Assert.Equal(["a", "b", "c"], await IdsAsync(null));
        Assert.Equal(["a"], await IdsAsync(new() { [OmniLabels.Cluster] = "one", [OmniLabels.MachineSet] = "w" }));

        async Task<string[]> IdsAsync(Dictionary<string, string>? labels) =>
            await connection.State.ListAsync(ResourceTypes.ConfigPatches, labels, Cancellation).Select(r => r.Id).ToArrayAsync(Cancellation);
    }

    [Fact]
    public async Task Get_WhenAPatchIsCompressed_ReadsItsPlainForm()
    {
        await using var fake = await FakeOmni.StartAsync();
        var spec = new ConfigPatchSpec { CompressedData = ByteString.CopyFromUtf8("zstd") };
        fake.OnGet = request => Task.FromResult(new GetResponse
        {
            Resource = new Resource
            {
                Metadata = ResourceTypes.ConfigPatches.New(request.Id, new()).Metadata,
                Spec = new Spec { ProtoSpec = spec.ToByteString(), YamlSpec = "data: |\n  machine:\n    env:\n      a: b\n" },
            },
        });
        await using var connection = Clients.Connect(fake.Endpoint);
        var patch = (await connection.State.GetAsync(ResourceTypes.ConfigPatches, "p", Cancellation))!.Spec;
        Assert.Equal("machine:\n  env:\n    a: b\n", patch.Data);
        Assert.True(patch.CompressedData.IsEmpty);
    }

    [Fact]
    public async Task Version_IsReadOnceWhileTheConnectionStands()
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { Version = new(1, 9), RunLifecycle = false });
        await using var connection = Clients.Connect(omni);
        var version = await connection.GetVersionAsync(Cancellation);
        Assert.Equal((1, 9), (version!.Value.Major, version.Value.Minor));
        await connection.GetVersionAsync(Cancellation);
        Assert.Single(omni.Calls);
    }

    [Fact]
    public async Task Kubeconfig_IsAskedForWithTheClusterUnderTheSignature()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var failure = await FailsAsync(null, () => connection.Management.GetKubeconfigAsync("one", "operator", ["system:masters"], TimeSpan.FromHours(1), Cancellation));
        Assert.NotEqual(OmniError.Unauthenticated, failure.Kind);
        Assert.Equal(("Kubeconfig", "one"), (omni.Calls.Single().Method, omni.Calls.Single().Id));
    }

    [Fact]
    public async Task ServiceAccounts_CanBeCreatedRenewedListedAndDestroyed()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni, Role.Admin);
        var name = ServiceAccountName.ForInfraProvider("proxmox");
        var key = ServiceAccountKeyGenerator.Generate(name, "test", TimeSpan.FromDays(30), TimeProvider.System.GetUtcNow());
        var next = ServiceAccountKeyGenerator.Generate(name, "test", TimeSpan.FromDays(60), TimeProvider.System.GetUtcNow());

        Assert.Equal(key.Key.Fingerprint, await connection.Management.CreateServiceAccountAsync(name, "InfraProvider", key.ArmoredPublicKey, Cancellation));
        await using (var provider = Clients.Connect(OmniConnectionSettings.Parse(omni.Endpoint.ToString(), key.Encoded)))
        {
            Assert.NotNull(await provider.GetVersionAsync(Cancellation));
        }

        Assert.Equal(next.Key.Fingerprint, await connection.Management.RenewServiceAccountAsync(name, next.ArmoredPublicKey, Cancellation));
        var account = (await connection.Management.ListServiceAccountsAsync(Cancellation)).Single(a => a.Name.Contains("proxmox", StringComparison.Ordinal));
        Assert.Equal(
            new[] { key.Key, next.Key }.Select(k => (k.Fingerprint, k.ExpiresAt)).Order(),
            account.PgpPublicKeys.Select(k => (k.Id, (DateTimeOffset?)k.Expiration.ToDateTimeOffset())).Order());

        await connection.Management.DestroyServiceAccountAsync(name, Cancellation);
        Assert.DoesNotContain(await connection.Management.ListServiceAccountsAsync(Cancellation), a => a.Name.Contains("proxmox", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_ThatCanBeWrittenDown_HoldsTheKey()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        var encoded = omni.CreateServiceAccountKey("canary", Role.Reader);
        var armored = System.Text.Json.JsonDocument.Parse(Convert.FromBase64String(encoded)).RootElement.GetProperty("pgp_key").GetString()!;
        var log = new RecordingLogger<OmniConnection>();
        var settings = OmniConnectionSettings.Parse(omni.Endpoint.ToString(), encoded);
        await using var connection = Clients.Connect(settings, logger: log);

        omni.Faults.Add(new OmniFault { Kind = OmniFaultKind.Fail, Code = StatusCode.Internal, Message = "x" });
        var written = new List<string>
        {
            settings.ToString(), settings.Id.ToString(), settings.Key.ToString(), connection.ToString(), (await connection.FailureAsync()).ToString(),
            (await FailsAsync(OmniError.PermissionDenied, () => connection.State.CreateAsync(Class("small", "a=b"), Cancellation))).ToString(),
        };
        omni.ExpireKeys("canary");
        written.Add((await connection.FailureAsync()).ToString());
        await omni.SuspendAsync();
        written.Add((await connection.FailureAsync()).ToString());
        connection.Cache.Follow(ResourceTypes.Clusters);
        await Eventually.TrueAsync(() => connection.Cache.Status(ResourceTypes.Clusters).Error is not null, "the watch failed");
        written.Add(connection.Cache.Status(ResourceTypes.Clusters).Error!.ToString());
        written.Add(connection.Health.ToString());
        written.AddRange(log.Lines);
        Assert.NotEmpty(log.Lines);

        var secrets = armored.Split('\n').Where(l => l.Length > 20 && !l.StartsWith('-')).Concat(Enumerable.Range(0, encoded.Length / 40).Select(i => encoded.Substring(i * 40, 40)));
        Assert.All(secrets, secret => Assert.DoesNotContain(written, text => text.Contains(secret, StringComparison.Ordinal)));
    }

    private static OmniResource<MachineClassSpec> Class(string id, string selector) =>
        ResourceTypes.MachineClasses.New(id, new MachineClassSpec { MatchLabels = { selector } });

    private static async Task<OmniException> FailsAsync(OmniError? kind, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<OmniException>(call);
        if (kind is not null)
        {
            Assert.True(kind == failure.Kind, $"expected {kind}, but was {failure.Kind}: {failure.Message}");
        }

        return failure;
    }
}

using System.CommandLine;
using System.Diagnostics;
using OmniScale.Lab.Commands;
using OmniScale.Lab.Control;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Tests.Omni;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Tests.Control;

public sealed class LabCommandTests : IAsyncLifetime
{
    private LabServer lab = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => lab = await LabServer.StartAsync(
        new LabOptions { Omni = new OmniSimulatorOptions { Speed = 3000, ReadLag = TimeSpan.Zero, Providers = [LabOptions.DefaultProvider] } }, Token);

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    [Fact]
    public async Task Machine_CanBeMadeUnhealthyAndWell()
    {
        lab.Omni.Lifecycle.AddMachine("11111111-0000");
        lab.Omni.Lifecycle.AddMachine("12222222-0000");

        Assert.Equal((0, ""), await RunAsync("machine", "unhealthy", "11", "--disconnected"));
        Assert.True(lab.Omni.Lifecycle.Machines()[0].Trouble!.Disconnected);
        Assert.Contains("unhealthy, disconnected", (await RunAsync("machines")).Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), await RunAsync("machine", "healthy", "11"));
        Assert.Null(lab.Omni.Lifecycle.Machines()[0].Trouble);
        Assert.Equal(
            (1, "'1' is not the beginning of one machine's UUID or host name.\n"), await RunAsync("machine", "healthy", "1"));
    }

    [Fact]
    public async Task Provider_CanBeDisconnectedAndConnected()
    {
        await RunAsync("provider", "disconnect", LabOptions.DefaultProvider);
        await WaitAsync(store => store.Get(ResourceTypes.InfraProviderCombinedStatuses, LabOptions.DefaultProvider)?.Spec.Health is { Connected: false, Initialized: true });

        await RunAsync("provider", "connect", LabOptions.DefaultProvider);
        await WaitAsync(store => store.Get(ResourceTypes.InfraProviderCombinedStatuses, LabOptions.DefaultProvider)!.Spec.Health.Connected);
        Assert.Equal(1, (await RunAsync("provider", "disconnect", "nobody")).Code);
    }

    [Fact]
    public async Task Storage_CanBeSetDeactivatedAndRemoved()
    {
        Assert.Equal((0, ""), await RunAsync("storage", "set", "fast", "--type", "zfspool", "--total-gib", "10", "--used-gib", "4", "--nodes", "golf"));
        Assert.Equal((0, ""), await RunAsync("storage", "deactivate", "fast", "--node", "golf"));
        Assert.Matches(@"(?m)^fast +zfspool +images,rootdir +no +6 +10 +golf +golf$", (await RunAsync("storage", "list")).Output);
        Assert.Equal((0, ""), await RunAsync("storage", "remove", "fast"));
        Assert.Equal((1, "No storage 'fast'.\n"), await RunAsync("storage", "remove", "fast"));
    }

    [Fact]
    public async Task Node_CanBeTakenOffline_AndResetBringsAllBack()
    {
        await RunAsync("node", "offline", "golf");
        await RunAsync("permission", "revoke", "omni@pve", "/storage", "Datastore.Audit");
        Assert.Matches("(?m)^golf +offline", (await RunAsync("node", "list")).Output);

        await RunAsync("reset");

        Assert.Matches("(?m)^golf +online", (await RunAsync("node", "list")).Output);
        Assert.Contains("Datastore.Audit", lab.Proxmox.Inventory.Read(cluster => cluster.Acl.Find(acl => acl.Path == "/storage")!.Privileges));
    }

    [Fact]
    public async Task Inventory_IsLoadedFromWhatItIsShownAs()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, (await RunAsync("inventory", "show")).Output.Replace("name: golf", "name: india", StringComparison.Ordinal), Token);

            Assert.Equal((0, ""), await RunAsync("inventory", "load", file));
            Assert.Contains("india", (await RunAsync("node", "list")).Output, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "nonsense: true", Token);
            Assert.Equal(1, (await RunAsync("inventory", "load", file)).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Faults_AreAddedAndCleared()
    {
        await RunAsync("fault", "omni", "--method", "Create", "--type", "Clusters", "--code", "ResourceExhausted", "--times", "0");

        var fault = Assert.Single(lab.Omni.Faults.Current);
        Assert.Equal(("Create", "Clusters", Grpc.Core.StatusCode.ResourceExhausted, null), (fault.Method!, fault.Type!, fault.Code, fault.Times));
        await RunAsync("fault", "clear");
        Assert.Empty(lab.Omni.Faults.Current);
    }

    [Fact]
    public async Task Cluster_WhoseStorageWasRemoved_WaitsForIt_AndEndsWithTheLabsDelete()
    {
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(lab.Omni.Endpoint);
        var client = new State.StateClient(Grpc.Core.Interceptors.ChannelExtensions.Intercept(channel, new Signer(lab.ServiceAccountKey)));
        await RunAsync("storage", "remove", "local-lvm");
        await WaitAsync(store => store.Get(ResourceTypes.InfraProviderStatuses, LabOptions.DefaultProvider) is not null);
        await client.CreateAsync(Samples.MachineClass());
        await client.CreateAsync(Samples.Cluster());
        await client.CreateAsync(Samples.ControlPlanes(1));
        await WaitAsync(store => store.List(ResourceTypes.MachineRequestStatuses).Any(request =>
            request.Spec.Error == "failed to pick the disk: no matches for the condition \"name == \\\"local-lvm\\\"\""));

        await RunAsync("storage", "set", "local-lvm");
        await WaitAsync(store => store.Get(ResourceTypes.ClusterStatuses, "prod")?.Spec is { Ready: true, Phase: ClusterStatusSpec.Types.Phase.Running });
        Assert.Matches("(?m)Create +Clusters +prod +OK", (await RunAsync("writes")).Output);
        Assert.Matches("(?m)^Clusters +prod +", (await RunAsync("resources", "clusters")).Output);

        Assert.Equal((0, ""), await RunAsync("cluster", "delete", "prod"));
        await WaitAsync(store => store.Get(ResourceTypes.Clusters, "prod") is null);
    }

    [Fact]
    public async Task Resource_CanBeEdited()
    {
        lab.Omni.State.Put(Samples.Cluster());
        using var http = new HttpClient { BaseAddress = lab.Control };
        using var edit = new StringContent("""{"labels": {"a": "b"}, "finalizers": ["held"]}""", System.Text.Encoding.UTF8, "application/json");

        (await http.PatchAsync(new Uri("omni/resources/Clusters/prod", UriKind.Relative), edit, Token)).EnsureSuccessStatusCode();

        var metadata = lab.Omni.State.Get(ResourceTypes.Clusters, "prod")!.Metadata;
        Assert.Equal("b", metadata.Labels["a"]);
        Assert.Contains("held", metadata.Finalizers);
    }

    [Fact]
    public async Task Command_WithoutALab_SaysHowToNameOne()
    {
        using var error = new StringWriter();

        var code = await LabProgram.Create().Parse(["machines", "--state-dir", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())])
            .InvokeAsync(new InvocationConfiguration { Error = error }, Token);

        Assert.Equal(1, code);
        Assert.Contains("is the lab running?", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_WritesWhatClientsNeed_AndEndsInOrderWhenItIsAskedTo()
    {
        var folder = Directory.CreateTempSubdirectory("lab-");
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(LabProgram).Assembly.Location, "serve", "--state-dir", folder.FullName, "--tls"])
            {
                RedirectStandardOutput = true,
            })!;
            try
            {
                var description = Path.Combine(folder.FullName, LabDescription.FileName);
                await TestOmni.UntilAsync(() => File.Exists(description) || process.HasExited);
                Assert.False(process.HasExited);
                Assert.Equal(["lab.json", "omni-ca.pem", "omni.key", "proxmox-ca.pem"], folder.EnumerateFiles().Select(file => file.Name).Order());
                if (!OperatingSystem.IsWindows())
                    Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.FullName, "omni.key")));

                using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
                await process.WaitForExitAsync(Token);
                Assert.Equal(0, process.ExitCode);
                Assert.False(File.Exists(description));
            }
            finally
            {
                process.Kill();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var code = await LabProgram.Create().Parse([.. arguments, "--control", lab.Control.ToString()])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Token);
        return (code, output.ToString().ReplaceLineEndings("\n"));
    }

    private Task WaitAsync(Func<OmniStore, bool> condition) => lab.Omni.State.WaitAsync(condition, TestOmni.Limit, Token);
}

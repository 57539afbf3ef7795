using System.Net;
using k8s.Models;
using OmniScale.Lab.Omni;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.EndToEnd;

/// <summary>Several processes of the operator that share the work by a lease.</summary>
public sealed class HighAvailabilityTests(Installation installation)
{
    private const string LeaseNamespace = "omniscale-system";
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leader_WhenItIsKilledOrFrozenInAWrite_IsReplacedByOneThatFinishes_AndWritesNothingMore()
    {
        using var client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
        var @namespace = await installation.ControlPlane.CreateNamespaceAsync("ha");
        await using var omni = await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = ["matrix-cluster"], Speed = 1000 }, Ct);
        await installation.ControlPlane.ApplyAsync(Manifests.OmniSecret(omni), @namespace);
        using var first = await StartAsync(@namespace);
        var firstHolder = await HolderAsync(client, holder => holder.Length > 0);
        using var second = await StartAsync(@namespace);
        Assert.Equal(firstHolder, await HolderAsync(client, _ => true));

        // Killed by the server between storing a write and answering it.
        var killed = DuringWrite(omni, 2, first.KillAsync);
        await installation.ControlPlane.ApplyAsync(Manifests.Cluster("one"), @namespace);
        await killed.WaitAsync(Takeover, Ct);
        await SyncedAsync(@namespace, "one");
        var secondHolder = await HolderAsync(client, holder => holder.Length > 0);
        Assert.NotEqual(firstHolder, secondHolder);

        // Frozen at the same place, until the next one has done the work.
        var watches = Watches(omni);
        using var third = await StartAsync(@namespace);
        await Eventually.TrueAsync(() => Watches(omni) >= watches + 17, "the standby follows Omni", Takeover);
        watches = Watches(omni);
        var frozen = DuringWrite(omni, 2, () => second.SignalAsync("STOP"));
        await installation.ControlPlane.ApplyAsync(Manifests.Cluster("two"), @namespace);
        await frozen.WaitAsync(Takeover, Ct);
        await SyncedAsync(@namespace, "two");
        var thirdHolder = await HolderAsync(client, holder => holder.Length > 0);
        Assert.NotEqual(secondHolder, thirdHolder);
        Assert.Equal(watches, Watches(omni));
        var writes = Writes(omni);

        await second.SignalAsync("CONT");
        Assert.Equal(1, await second.ExitAsync(Takeover));
        Assert.Equal(writes, Writes(omni));
        Assert.Equal(thirdHolder, await HolderAsync(client, _ => true));
        Assert.All(omni.Calls.Where(call => call is { Method: "Create", Code: Grpc.Core.StatusCode.OK }).GroupBy(call => (call.Type, call.Id)), calls => Assert.Single(calls));

        await third.SignalAsync("TERM");
        Assert.Equal(0, await third.ExitAsync(Takeover));
        Assert.Equal("", await HolderAsync(client, _ => true));
    }

    /// <summary>Does something when the write of that number from now on has been stored, before it is answered.</summary>
    private static Task DuringWrite(OmniSimulator omni, int number, Func<Task> action)
    {
        var done = new TaskCompletionSource();
        var stored = 0;
        omni.Faults.WriteStored = async _ =>
        {
            if (Interlocked.Increment(ref stored) == number)
            {
                await action();
                done.SetResult();
            }
        };
        return done.Task;
    }

    private static int Watches(OmniSimulator omni) => omni.Calls.Count(call => call.Method == "Watch");

    private static IReadOnlyList<string> Writes(OmniSimulator omni) =>
        [.. omni.Calls.Where(call => call.IsWrite).Select(call => $"{call.Sequence} {call.Method} {call.Type} {call.Id}")];

    private static async Task<string> HolderAsync(KubeClient client, Func<string, bool> wanted) => await Eventually.ValueAsync(
        async () => (await client.GetAsync<V1Lease>(new(LeaseNamespace, "omniscale-operator"), Ct)).Spec.HolderIdentity ?? "", wanted, "the holder", Takeover);

    /// <summary>Starts one and waits until it is ready, which it is whether it leads or not.</summary>
    private async Task<ServerProcess> StartAsync(string @namespace)
    {
        var health = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var process = await OperatorProcess.StartAsync(
            installation, @namespace, "--health-address", health.GetLeftPart(UriPartial.Authority), "--leader-elect", "--lease-namespace", LeaseNamespace, "--lease-duration", "10");
        using var http = new HttpClient();
        await Eventually.TrueAsync(
            async () => (await http.GetAsync(new Uri(health, "/readyz"), Ct)).StatusCode == HttpStatusCode.OK, "the replica is ready", Takeover);
        return process;
    }

    private async Task SyncedAsync(string @namespace, string name) => (await installation.ControlPlane.KubectlAsync(
        "-n", @namespace, "wait", $"taloscluster/{name}", "--for=condition=Ready", "--timeout=90s")).EnsureSuccess();
}

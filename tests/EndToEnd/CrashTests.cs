using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Operator.Tests;

namespace OmniScale.EndToEnd;

public sealed class CrashTests(Installation installation)
{
    [Fact]
    public async Task Killed_after_any_write_of_the_first_sync_and_started_again_it_ends_the_same()
    {
        var undisturbed = await RunAsync(killAfter: 0);
        Assert.Equal(7, undisturbed.Writes);

        for (var k = 1; k <= undisturbed.Writes; k++)
        {
            var disturbed = await RunAsync(k);

            Assert.Equal(undisturbed.Resources, disturbed.Resources);
            Assert.Empty(disturbed.CreatedTwice);
        }
    }

    /// <param name="killAfter">The write that is stored in Omni and whose answer the operator does not live to see; 0 for none.</param>
    private async Task<Run> RunAsync(int killAfter)
    {
        var ct = TestContext.Current.CancellationToken;
        var @namespace = await installation.ControlPlane.CreateNamespaceAsync("crash");
        await using var omni = await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = ["matrix-cluster"], Speed = 1000 }, ct);
        var process = await OperatorProcess.StartAsync(installation, @namespace, "--health-address", "http://127.0.0.1:0", "--leader-elect=false");
        var stored = 0;
        var killed = new TaskCompletionSource();
        omni.Faults.WriteStored = async _ =>
        {
            if (Interlocked.Increment(ref stored) == killAfter)
            {
                await process.KillAsync();
                killed.SetResult();
            }
        };

        await installation.ControlPlane.ApplyAsync(Manifests.OmniSecret(omni), @namespace);
        await installation.ControlPlane.ApplyAsync(Manifests.Cluster("crash"), @namespace);
        if (killAfter > 0)
        {
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60), ct);
            process.Dispose();
            process = await OperatorProcess.StartAsync(installation, @namespace, "--health-address", "http://127.0.0.1:0", "--leader-elect=false");
        }

        var synced = await installation.ControlPlane.KubectlAsync("-n", @namespace, "wait", "taloscluster/crash", $"--for=condition={CommonConditions.Ready}", "--timeout=90s");
        process.Dispose();
        synced.EnsureSuccess();
        return Run.Of(omni, @namespace, stored);
    }

    /// <param name="Resources">What the operator owns in Omni: type, id, labels, annotations and spec.</param>
    private sealed record Run(int Writes, string Resources, IReadOnlyList<string> CreatedTwice)
    {
        public static Run Of(OmniSimulator omni, string @namespace, int writes) => new(
            writes,
            string.Join("\n", omni.State.Everything()
                .Where(r => r.Metadata.Annotations.ContainsKey(OwnershipAnnotations.Owner))
                .OrderBy(r => r.Metadata.Type + r.Metadata.Id, StringComparer.Ordinal)
                .Select(r => $"{r.Metadata.Type} {r.Metadata.Id} {r.Metadata.Labels} {r.Metadata.Annotations} {r.Spec.YamlSpec} {r.Spec.ProtoSpec.ToBase64()}"))
                .Replace(@namespace, "NAMESPACE", StringComparison.Ordinal),
            [.. omni.Calls
                .Where(call => call is { Method: "Create", Code: Grpc.Core.StatusCode.OK })
                .GroupBy(call => $"{call.Type} {call.Id}")
                .Where(calls => calls.Count() > 1)
                .Select(calls => calls.Key)]);
    }
}

using System.Diagnostics;
using System.Globalization;
using k8s;
using k8s.Models;
using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

public class FaultTests
{
    private const string Ready = "omniscale-test-control-plane-is-ready";

    [Fact]
    public async Task ApiServerAndEtcd_WhenStoppedAndStarted_KeepTheAddressAndTheData()
    {
        await using var controlPlane = await ControlPlane.StartAsync();
        var address = controlPlane.Server;
        var name = await controlPlane.CreateNamespaceAsync();

        await controlPlane.StopApiServerAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => ReadAsync(name));
        await controlPlane.StartApiServerAsync();
        Assert.Equal(name, (await ReadAsync(name)).Metadata.Name);
        Assert.Equal(address, controlPlane.Server);

        await controlPlane.StopEtcdAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync("while-away"));
        await controlPlane.StartEtcdAsync();
        var attempts = 0;
        // A write that was given up may have been stored.
        await Eventually.ValueAsync(() => WriteAsync($"after-{attempts++}"), _ => true, "the API server has found etcd again", TimeSpan.FromSeconds(60));
        Assert.Equal(name, (await ReadAsync(name)).Metadata.Name);

        Task<V1Namespace> ReadAsync(string wanted) =>
            controlPlane.Client.CoreV1.ReadNamespaceAsync(wanted, cancellationToken: TestContext.Current.CancellationToken);

        async Task<V1Namespace> WriteAsync(string wanted)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var body = new V1Namespace { Metadata = new V1ObjectMeta { Name = wanted } };
            return await controlPlane.Client.CoreV1.CreateNamespaceAsync(body, cancellationToken: limit.Token);
        }
    }

    [Fact]
    public async Task Servers_WhenTheTestProcessIsKilled_EndWithIt()
    {
        var method = $"{typeof(FaultTests).FullName}.{nameof(Helper_StaysUntilItIsKilled)}";
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", method, "-showLiveOutput"])
        {
            RedirectStandardOutput = true,
        };
        using var host = Process.Start(start)!;
        try
        {
            string? line;
            do
            {
                line = await host.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            }
            while (line?.Contains(Ready, StringComparison.Ordinal) == false);
            Assert.Equal(2, ServersOf(host.Id).Count);
        }
        finally
        {
            host.Kill();
        }

        await Eventually.ValueAsync(() => ServersOf(host.Id), servers => servers.Count == 0, "the servers have ended");
    }

    /// <summary>Not a test: what the test above starts in a process of its own, with this assembly's control plane.</summary>
    [Fact(Explicit = true)]
    public async Task Helper_StaysUntilItIsKilled()
    {
        TestContext.Current.TestOutputHelper!.WriteLine(Ready);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    // The servers work in the folder of their control plane, which is named after the process it belongs to.
    private static List<string> ServersOf(int host)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"omniscale-controlplane-{host}-");
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
        {
            try
            {
                var folder = Directory.ResolveLinkTarget(Path.Combine(process, "cwd"), returnFinalTarget: false);
                if (folder?.Name.StartsWith(prefix, StringComparison.Ordinal) == true)
                {
                    found.Add(process);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended in between, or belongs to somebody else.
            }
        }
        return found;
    }
}

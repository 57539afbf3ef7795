using System.Collections.Concurrent;
using System.Diagnostics;

namespace OmniScale.Proxmox.Tests;

public sealed class TelemetryTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET /version", "GET /version")]
    [InlineData("GET /nodes", "GET /nodes")]
    [InlineData("GET /nodes/alpha/network?type=any_bridge", "GET /nodes/{node}/network")]
    [InlineData("GET /access/permissions?path=%2Fstorage%2Flocal", "GET /access/permissions")]
    public void Operation_IsTheSameForAllNodes(string request, string operation) => Assert.Equal(operation, ProxmoxTelemetry.Operation(request));

    [Fact]
    public async Task Calls_AreMeasuredByStatusAndByWhatWentWrongWithoutOne()
    {
        await using var lab = await Lab.StartAsync();
        using var spans = new Spans();

        await lab.Client().GetVersionAsync(Cancel);
        var refused = lab.Client(new ProxmoxCredentials.Token("omni@pve!operator", "11111111-2222-3333-4444-555555555555"));
        await Assert.ThrowsAsync<ProxmoxException>(() => refused.GetVersionAsync(Cancel));
        var distrustful = lab.Client(tls: new ProxmoxTls.Pinned([new string('0', 64)]));
        await Assert.ThrowsAsync<ProxmoxException>(() => distrustful.GetVersionAsync(Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lab.Client().GetVersionAsync(new CancellationToken(canceled: true)));

        Assert.Equal(["200", "401", "TlsFailed", "Cancelled"], spans.Values("Proxmox GET /version", "code"));
    }

    /// <summary>The spans of this test: those below one of its own.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> ended = [];
        private readonly ActivityListener listener;
        private readonly Activity root = new("test");

        public Spans()
        {
            root.Start();
            listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == ProxmoxTelemetry.Name,
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = ended.Enqueue,
            };
            ActivitySource.AddActivityListener(listener);
        }

        public IEnumerable<object?> Values(string span, string tag) =>
            ended.Where(activity => activity.TraceId == root.TraceId && activity.OperationName == span).Select(activity => activity.GetTagItem(tag));

        public void Dispose()
        {
            listener.Dispose();
            root.Dispose();
        }
    }
}

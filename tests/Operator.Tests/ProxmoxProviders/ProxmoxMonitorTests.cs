using Microsoft.Extensions.Time.Testing;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Proxmox;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.ProxmoxProviders;

public sealed class ProxmoxMonitorTests : IDisposable
{
    private static readonly NamespacedName Provider = new("ns", "pve");
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider time = new();
    private readonly SetClock clock;
    private readonly ProxmoxEndpoint nobody = new(new($"https://127.0.0.1:{Ports.Free()}"), new ProxmoxCredentials.Token("omni@pve!operator", "secret"), new ProxmoxTls.SystemTrust());
    private readonly ProxmoxMonitor monitor;

    public ProxmoxMonitorTests() => monitor = new ProxmoxMonitor(clock = new SetClock(time));

    public void Dispose() => monitor.Dispose();

    [Fact]
    public async Task A_Proxmox_is_looked_at_once_an_interval_whatever_the_clock_is_set_to()
    {
        var first = await ReadAsync();
        Assert.Equal(ProxmoxFailure.ConnectionRefused, first.Failure?.Kind);

        clock.Offset = TimeSpan.FromHours(1);
        Assert.Same(first, await ReadAsync());

        clock.Offset = -TimeSpan.FromHours(1);
        time.Advance(Interval);
        Assert.NotSame(first, await ReadAsync());
    }

    private async Task<ProxmoxReading> ReadAsync() =>
        await monitor.ReadAsync(Provider, nobody, Interval, request: "1", TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("the look goes on");
}

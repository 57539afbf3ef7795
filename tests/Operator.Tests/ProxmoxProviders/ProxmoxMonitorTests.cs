using Microsoft.Extensions.Time.Testing;
using OmniScale.Lab.Proxmox;
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

    [Fact]
    public async Task A_Proxmox_that_cannot_answer_for_itself_is_soon_looked_at_again()
    {
        var (cluster, minute) = (MatrixCluster.Create(), TimeSpan.FromMinutes(1));
        await using var simulator = await ProxmoxSimulator.StartAsync(new() { Cluster = cluster }, TestContext.Current.CancellationToken);
        var endpoint = new ProxmoxEndpoint(simulator.Url, new ProxmoxCredentials.Token("omni@pve!operator", cluster.Users[0].Tokens[0].Secret), new ProxmoxTls.Insecure());
        simulator.Faults.Add(new() { Status = 503 });
        Assert.Equal(ProxmoxFailure.ServerError, (await ReadAsync(endpoint)).Failure?.Kind);
        Assert.Equal(TimeSpan.FromSeconds(5), monitor.NextLook(Provider, minute));

        simulator.Faults.Clear();
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null((await monitor.ReadAsync(Provider, endpoint, minute, request: "1", TestContext.Current.CancellationToken))!.Failure);
        Assert.Equal(minute, monitor.NextLook(Provider, minute));
    }

    [Fact]
    public async Task An_inventory_is_not_that_of_another_Proxmox()
    {
        var cluster = MatrixCluster.Create();
        await using var simulator = await ProxmoxSimulator.StartAsync(new() { Cluster = cluster }, TestContext.Current.CancellationToken);
        var (changes, secret) = (0, cluster.Users[0].Tokens[0].Secret);
        monitor.InventoryChanged += _ => changes++;
        var somebody = new ProxmoxEndpoint(simulator.Url, new ProxmoxCredentials.Token("omni@pve!operator", secret), new ProxmoxTls.Insecure());
        Assert.Null((await ReadAsync(somebody)).Failure);
        var known = monitor.Inventory(Provider);
        Assert.NotNull(known);

        await ReadAsync(somebody with { Credentials = new ProxmoxCredentials.Token("omni@pve!operator", "wrong") });
        Assert.Equal((1, known), (changes, monitor.Inventory(Provider)));

        await ReadAsync(nobody);
        Assert.Equal((2, null), (changes, monitor.Inventory(Provider)));
    }

    private Task<ProxmoxReading> ReadAsync() => ReadAsync(nobody);

    private async Task<ProxmoxReading> ReadAsync(ProxmoxEndpoint endpoint) =>
        await monitor.ReadAsync(Provider, endpoint, Interval, request: "1", TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("the look goes on");
}

using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>Candidates that contend for a real lease.</summary>
[Collection(nameof(WidgetCluster))]
public sealed class RealLeaderElectionTests(WidgetCluster cluster)
{
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(30);

    /// <summary>Short enough to wait for its end. A leader that is held up for half of it gives up.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(15);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_HandsTheLeaseOverAtOnce_AndACrashAfterItsDuration()
    {
        using KubeClient client = WidgetCluster.Connect(cluster.ControlPlane.Kubeconfig);
        NamespacedName lease = await LeaseAsync(cluster.ControlPlane);
        // Long enough that the second candidate can only lead because the lease was given back.
        await using var first = new Candidate(cluster.ControlPlane, lease, "first", TimeSpan.FromSeconds(90));
        await first.LeadsAsync();
        await using var second = new Candidate(cluster.ControlPlane, lease, "second", Short);
        await Eventually.TrueAsync(async () => (await ReadAsync(client, lease)).Spec.HolderIdentity == "first", "the first holds it");
        Assert.False(second.Leadership.IsLeader);

        await first.StopAsync();
        await second.LeadsAsync();
        V1Lease taken = await ReadAsync(client, lease);
        Assert.Equal(("second", 15, 1), (taken.Spec.HolderIdentity, taken.Spec.LeaseDurationSeconds, taken.Spec.LeaseTransitions));
        Assert.NotNull(taken.Spec.AcquireTime);

        second.Crash();
        V1Lease last = await ReadAsync(client, lease);
        await using var third = new Candidate(cluster.ControlPlane, lease, "third", Short);
        await third.LeadsAsync();
        V1Lease next = await ReadAsync(client, lease);
        Assert.Equal(("third", 2), (next.Spec.HolderIdentity, next.Spec.LeaseTransitions));
        Assert.InRange(next.Spec.AcquireTime!.Value - last.Spec.RenewTime!.Value, Short - TimeSpan.FromSeconds(0.5), Takeover);
    }

    [Fact]
    public async Task ApiServer_RestartedWithinTheRenewDeadline_CostsNoLeadership()
    {
        await using ControlPlane own = await ControlPlane.StartAsync();
        using KubeClient client = WidgetCluster.Connect(own.Kubeconfig);
        NamespacedName lease = await LeaseAsync(own);
        await using var leader = new Candidate(own, lease, "leader", TimeSpan.FromSeconds(60));
        await leader.LeadsAsync();
        CancellationToken term = await leader.Leadership.WaitAsync(Ct);

        await own.StopApiServerAsync();
        await Eventually.TrueAsync(() => leader.Leadership.LeaseAge > TimeSpan.FromSeconds(5), "a renewal failed");
        await own.StartApiServerAsync();

        await Eventually.TrueAsync(() => leader.Leadership.LeaseAge < TimeSpan.FromSeconds(1), "the lease is renewed", Takeover);
        Assert.Equal((false, false), (term.IsCancellationRequested, leader.IsStopped));
        Assert.Equal(0, (await ReadAsync(client, lease)).Spec.LeaseTransitions);
    }

    private static async Task<NamespacedName> LeaseAsync(ControlPlane controlPlane) => new(await controlPlane.CreateNamespaceAsync(), "lease");

    private static Task<V1Lease> ReadAsync(KubeClient client, NamespacedName lease) => client.GetAsync<V1Lease>(lease, Ct);

    private sealed class Candidate : IAsyncDisposable
    {
        private readonly FakeLifetime _lifetime = new();
        private readonly KubeClient _client;
        private readonly LeaderElector _elector;

        public Candidate(ControlPlane controlPlane, NamespacedName lease, string identity, TimeSpan duration)
        {
            Leadership = new Leadership(new LeaderElectionOptions { Lease = lease, Identity = identity, LeaseDuration = duration }, TimeProvider.System);
            var configuration = KubeConfiguration.Load(controlPlane.Kubeconfig);
            configuration.DisableHttp2 = true;
            _client = new KubeClient(configuration, "tester", TimeProvider.System);
            _elector = new LeaderElector(_client, Leadership, _lifetime, NullLogger<LeaderElector>.Instance, TimeProvider.System);
            _ = _elector.StartAsync(Ct);
        }

        public Leadership Leadership { get; }

        public bool IsStopped => _lifetime.IsStopped;

        public Task LeadsAsync() => Eventually.TrueAsync(() => Leadership.IsLeader, "it leads", Takeover);

        public Task StopAsync() => _elector.StopAsync(CancellationToken.None);

        /// <summary>Its connection is gone, and with it all it could say.</summary>
        public void Crash() => _client.Dispose();

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _elector.Dispose();
            _client.Dispose();
            Leadership.Dispose();
        }
    }
}

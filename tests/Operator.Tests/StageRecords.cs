using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.Crds;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>What came of it: calls to Omni, marks there, events, and what the operator let slip.</summary>
internal sealed partial class Stage
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly List<string> canaries = [];
    private readonly List<LogCollector> logs = [];
    private readonly List<Task> followers = [];
    private readonly CancellationTokenSource ended = new();

    /// <summary>
    /// The writes that reached Omni since <see cref="Lab.Omni.OmniSimulator.ClearCalls"/>, such as <c>Create Clusters/first</c>, refused
    /// ones with their code. Those to what was gone already are left out: the watches of different types are not ordered. One that has no
    /// answer yet does not count: what it wrote may not be there.
    /// </summary>
    public IReadOnlyList<string> Writes() => [.. Omni.Writes.Where(call => call.Code is not (null or Grpc.Core.StatusCode.NotFound)).Select(Describe)];

    /// <summary>Waits until these writes came, in this order and no others.</summary>
    public async Task WroteAsync(params string[] expected)
    {
        await Eventually.TrueAsync(() => Writes().Count >= expected.Length, $"{expected.Length} writes, have {string.Join(", ", Writes())}", Limit);
        Assert.Equal(expected, Writes());
    }

    public async Task<IReadOnlyList<Corev1Event>> EventsAsync(string name) =>
        [.. (await client.ListAsync<Corev1Event>(Namespace, Ct)).Where(e => e.InvolvedObject.Name == name).OrderBy(e => e.Metadata.Name, StringComparer.Ordinal)];

    /// <summary>Waits for an event about an object, and returns its message.</summary>
    public async Task<string> EventAsync(string name, string type, string reason) =>
        (await Eventually.ValueAsync(
            async () => (await EventsAsync(name)).FirstOrDefault(e => e.Type == type && e.Reason == reason),
            e => e is not null, $"event {type} {reason} about {name}", Limit))!.Message;

    /// <summary>Owner, orphaned and managed-by marks of a resource in Omni; a time is shown as <c>time</c>.</summary>
    public string Marks<TSpec>(ResourceType<TSpec> type, string id)
        where TSpec : class, Google.Protobuf.IMessage<TSpec>, new()
    {
        if (Omni.State.Get(type, id) is not { } resource)
        {
            return "absent";
        }

        var annotations = resource.Metadata.Annotations;
        return $"owner={Value(OwnershipAnnotations.Owner)} orphaned={(Value(OwnershipAnnotations.Orphaned) == "-" ? "-" : "time")} managed-by={Value(OmniAnnotations.ManagedByGitOpsTools)}";

        string Value(string key) => annotations.TryGetValue(key, out var value) ? value : "-";
    }

    /// <summary>What <see cref="Marks"/> says of a resource that an object of this namespace owns.</summary>
    public string Owned(string name) => $"owner=test/{Namespace}/{name} orphaned=- managed-by=OmniScale";

    /// <summary>What <see cref="Marks"/> says of a resource that an object of this namespace let go of.</summary>
    public string Orphaned(string name) => $"owner=test/{Namespace}/{name} orphaned=time managed-by=-";

    /// <summary>What every operator of this stage logged.</summary>
    public IEnumerable<string> LogLines => logs.SelectMany(log => log.Lines);

    /// <summary>Every object of the namespace with its version: a write that changes anything changes one.</summary>
    public async Task<IReadOnlyList<string>> VersionsAsync()
    {
        List<string> versions = [.. await Of<ProxmoxProvider>(), .. await Of<MachineClass>(), .. await Of<TalosCluster>(), .. await Of<V1Secret>(), .. await Of<Corev1Event>()];
        return versions;

        async Task<IEnumerable<string>> Of<T>()
            where T : class, k8s.IKubernetesObject<V1ObjectMeta> =>
            (await client.ListAsync<T>(Namespace, Ct)).Select(o => $"{typeof(T).Name}/{o.Metadata.Name} {o.Metadata.ResourceVersion}").Order(StringComparer.Ordinal);
    }

    /// <summary>The versions once the operator is at rest and nothing has been written for a while.</summary>
    public async Task<IReadOnlyList<string>> SettledAsync()
    {
        await Operator!.IdleAsync();
        var last = await VersionsAsync();
        var since = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            async () =>
            {
                var current = await VersionsAsync();
                if (!current.SequenceEqual(last))
                {
                    (last, since) = (current, TimeProvider.System.GetTimestamp());
                }

                return TimeProvider.System.GetElapsedTime(since) > Quiet;
            },
            "nothing is written any more");
        return last;
    }

    /// <summary>What Omni itself says of its clusters, to tell a stale status from a true one.</summary>
    private string OmniSays() => string.Join("; ",
    [
        .. Omni.State.List(ResourceTypes.ClusterStatuses).Select(r => $"{r.Id} {r.Spec}"),
        .. Omni.State.List(ResourceTypes.MachineSetStatuses).Select(r => $"{r.Id} {r.Spec}"),
        .. Omni.State.List(ResourceTypes.ClusterMachineStatuses).Select(r => $"{r.Id} {r.Spec}"),
    ]);

    private static string Describe(RecordedCall call) =>
        $"{call.Method} {call.Type?.Split('.')[0]}/{call.Id}{(call.Code is null or Grpc.Core.StatusCode.OK ? "" : $" ({call.Code})")}";

    /// <summary>Nothing of any Secret may be in a log, an event or a status, in whatever spelling.</summary>
    private async Task AssertNothingLeakedAsync()
    {
        var ct = CancellationToken.None;
        List<string> told = [.. LogLines];
        told.AddRange((await client.ListAsync<Corev1Event>(Namespace, ct)).Select(value => k8s.KubernetesJson.Serialize(value)));
        told.AddRange((await client.ListAsync<ProxmoxProvider>(Namespace, ct)).Select(value => k8s.KubernetesJson.Serialize(value)));
        told.AddRange((await client.ListAsync<MachineClass>(Namespace, ct)).Select(value => k8s.KubernetesJson.Serialize(value)));
        told.AddRange((await client.ListAsync<TalosCluster>(Namespace, ct)).Select(value => k8s.KubernetesJson.Serialize(value)));
        var search = System.Buffers.SearchValues.Create([.. canaries.Distinct()], StringComparison.Ordinal);
        Assert.DoesNotContain(told, text => text.AsSpan().ContainsAny(search));
    }

    /// <summary>Counts the writes to the objects of a kind from now on, as a watch sees them.</summary>
    public async Task<Func<int>> CountWritesAsync<T>()
        where T : class, IOmniScaleObject
    {
        var (store, writes) = (new Store<T>(), 0);
        var reflector = new Reflector<T>(client, store, new ReflectorOptions { Namespace = Namespace }, TimeProvider.System, NullLogger.Instance);
        reflector.Synced += () => store.Changed += _ => Interlocked.Increment(ref writes);
        followers.Add(reflector.RunAsync(ended.Token));
        await Eventually.TrueAsync(() => reflector.HasSynced, "the objects are followed");
        return () => writes;
    }
}

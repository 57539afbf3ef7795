using System.Collections.Concurrent;
using OmniScale.Crds;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>Remembers when moving figures were last written, so that they are at most every ten minutes.</summary>
internal sealed class FigureClock(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<NamespacedName, long> written = new();

    public bool IsDue(NamespacedName key) => !written.TryGetValue(key, out var at) || time.GetElapsedTime(at) >= Pause;

    public void Note(NamespacedName key, IReadOnlyList<StorageStatus>? before, IReadOnlyList<StorageStatus>? after)
    {
        if (!Figures(before).SequenceEqual(Figures(after)))
        {
            written[key] = time.GetTimestamp();
        }
    }

    public void Forget(NamespacedName key) => written.TryRemove(key, out _);

    private static IEnumerable<(long?, long?)> Figures(IReadOnlyList<StorageStatus>? storages) => (storages ?? []).SelectMany(s => s.Nodes ?? []).Select(n => (n.TotalGiB, n.FreeGiB));
}

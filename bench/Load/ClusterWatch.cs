using System.Text.Json.Nodes;

namespace OmniScale.Bench.Load;

/// <summary>Sees every version of the TalosClusters of a namespace, with the time at which its event came.</summary>
internal sealed class ClusterWatch : IAsyncDisposable
{
    private readonly Kube kube;
    private readonly string path;
    private readonly CancellationTokenSource stop;
    private readonly Lock gate = new();
    private readonly Dictionary<string, JsonObject> latest = new(StringComparer.Ordinal);
    private readonly List<Waiter> waiters = [];
    private Task loop = Task.CompletedTask;

    private ClusterWatch(Kube kube, string @namespace, CancellationToken ct)
    {
        this.kube = kube;
        path = Kube.TalosClusters(@namespace);
        stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
    }

    /// <summary>Raised for each version, in order.</summary>
    public event Action<string, JsonObject>? Seen;

    public static async Task<ClusterWatch> StartAsync(Kube kube, string @namespace, CancellationToken ct)
    {
        var watch = new ClusterWatch(kube, @namespace, ct);
        var list = await kube.ReadAsync(watch.path, ct);
        foreach (var item in list["items"]!.AsArray().OfType<JsonObject>())
        {
            watch.latest[item.Name()] = item;
        }

        watch.loop = Task.Run(() => watch.FollowAsync((string)list["metadata"]!["resourceVersion"]!, watch.stop.Token), CancellationToken.None);
        return watch;
    }

    /// <summary>Waits until each of the objects was seen in a state.</summary>
    /// <returns>When the event came that completed it.</returns>
    public async Task<long> WhenAsync(IEnumerable<string> names, Func<JsonObject, bool> holds, TimeSpan limit, string what)
    {
        var waiter = new Waiter(holds, [.. names]);
        lock (gate)
        {
            waiter.Open.RemoveWhere(name => latest.TryGetValue(name, out var known) && holds(known));
            if (waiter.Open.Count == 0)
            {
                return TimeProvider.System.GetTimestamp();
            }

            waiters.Add(waiter);
        }

        try
        {
            // Without the watch it would never come true.
            await Task.WhenAny(waiter.Done.Task, loop).WaitAsync(limit, TimeProvider.System, stop.Token);
        }
        catch (TimeoutException)
        {
            lock (gate)
            {
                var example = waiter.Open.First();
                throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what}; {waiter.Open.Count} are left, such as {latest.GetValueOrDefault(example)?["status"]}");
            }
        }

        return waiter.Done.Task.IsCompleted ? await waiter.Done.Task : throw new InvalidOperationException("The watch of the objects ended.", loop.Exception);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task FollowAsync(string version, CancellationToken ct)
    {
        while (true)
        {
            await using var stream = await kube.WatchAsync($"{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=3600&resourceVersion={version}", ct);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(ct) is { } line)
            {
                var now = TimeProvider.System.GetTimestamp();
                var happened = JsonNode.Parse(line)!;
                if ((string?)happened["type"] == "ERROR")
                {
                    throw new InvalidOperationException($"The watch failed: {happened["object"]}");
                }

                var value = happened["object"]!.AsObject();
                version = (string)value["metadata"]!["resourceVersion"]!;
                switch ((string?)happened["type"])
                {
                    case "ADDED" or "MODIFIED":
                        Note(value, now);
                        break;
                    case "DELETED":
                        value["deleted"] = true;
                        Note(value, now);
                        break;
                }
            }
        }
    }

    private void Note(JsonObject value, long now)
    {
        var name = value.Name();
        lock (gate)
        {
            latest[name] = value;
            waiters.RemoveAll(waiter => waiter.Note(name, value, now));
        }

        Seen?.Invoke(name, value);
    }

    private sealed class Waiter(Func<JsonObject, bool> holds, HashSet<string> open)
    {
        public HashSet<string> Open => open;

        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <returns>Whether nothing is left to wait for.</returns>
        public bool Note(string name, JsonObject value, long now)
        {
            if (open.Contains(name) && holds(value))
            {
                open.Remove(name);
                if (open.Count == 0)
                {
                    Done.SetResult(now);
                }
            }

            return open.Count == 0;
        }
    }
}

using System.Text.Json.Nodes;

namespace OmniScale.Runtime.Tests;

/// <summary>An API server that has one lease, with versions as a real one, and goes wrong as the test wants.</summary>
internal sealed class LeaseServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly FakeApiServer _server;
    private readonly SemaphoreSlim _changed = new(0);
    private int _version;
    private volatile int _told;
    private int _running;
    private volatile int _mostRunning;
    private JsonObject? _spec;

    public LeaseServer() => _server = new FakeApiServer(ServeAsync);

    /// <summary>Handles a request instead of the server if it returns true.</summary>
    public Func<FakeExchange, Task<bool>>? Fault { get; set; }

    /// <summary>Requests that are under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The most requests that were under way at once.</summary>
    public int MostRunning => _mostRunning;

    /// <summary>Those about the lease; the list and the watch by which candidates follow it are none.</summary>
    public int Requests => _server.Requests.Count(request => !request.Contains("fieldSelector", StringComparison.Ordinal));

    /// <summary>Whether the last version was told by a watch.</summary>
    public bool Told => _told == Volatile.Read(ref _version);

    public string? Holder => Read("holderIdentity")?.GetValue<string>();

    public int? Transitions => Read("leaseTransitions")?.GetValue<int>();

    public KubeClient Client(TimeProvider time) => _server.Client(time);

    /// <summary>Another process writes the lease.</summary>
    public void Write(string holder, string renewed = "2026-01-01T00:00:00.000000Z", int duration = 30)
    {
        lock (_gate)
        {
            _version++;
            _spec = new JsonObject { ["holderIdentity"] = holder, ["leaseDurationSeconds"] = duration, ["renewTime"] = renewed, ["leaseTransitions"] = 4 };
        }

        _changed.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _changed.Dispose();
    }

    private JsonNode? Read(string field)
    {
        lock (_gate)
        {
            return _spec?[field];
        }
    }

    private async Task ServeAsync(FakeExchange request)
    {
        if (request.Query("fieldSelector") is not null)
        {
            await FollowAsync(request);
            return;
        }

        int running = Interlocked.Increment(ref _running);
        _mostRunning = Math.Max(_mostRunning, running);
        try
        {
            if (Fault is null || !await Fault(request))
            {
                (int status, string body) = Answer(request);
                await request.ReplyAsync(status, body);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>Does what the request asks for.</summary>
    public (int Status, string Body) Answer(FakeExchange request)
    {
        lock (_gate)
        {
            var body = request.Body.Length > 0 ? JsonNode.Parse(request.Body)!.AsObject() : null;
            switch (request.Method)
            {
                case "GET" when _spec is null:
                    return (404, FakeExchange.Status(404, "NotFound"));
                case "GET":
                    return (200, Lease());
                case "POST" when _spec is not null:
                    return (409, FakeExchange.Status(409, "AlreadyExists"));
                case "POST":
                    _version++;
                    _spec = body!["spec"]!.DeepClone().AsObject();
                    return (201, Lease());
                case "PATCH" when (string?)body!["metadata"]!["resourceVersion"] != $"{_version}":
                    return (409, FakeExchange.Status(409, "Conflict"));
                default:
                    _version++;
                    foreach ((string key, JsonNode? value) in body!["spec"]!.AsObject())
                    {
                        _spec![key] = value?.DeepClone();
                    }

                    return (200, Lease());
            }
        }
    }

    /// <summary>Tells candidates of what <see cref="Write"/> wrote, as it happens. They take over from no other writes.</summary>
    private async Task FollowAsync(FakeExchange request)
    {
        if (!request.IsWatch)
        {
            await request.ReplyListAsync("0");
            return;
        }

        await request.BeginAsync();
        Task closed = request.StallAsync();
        while (await Task.WhenAny(closed, _changed.WaitAsync()) != closed)
        {
            (int version, string lease) = Current();
            await request.EventAsync("MODIFIED", lease);
            _told = version;
        }

        (int Version, string Lease) Current()
        {
            lock (_gate)
            {
                return (_version, Lease());
            }
        }
    }

    private string Lease() => new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "lease", ["namespace"] = "a", ["resourceVersion"] = $"{_version}" },
        ["spec"] = _spec!.DeepClone(),
    }.ToJsonString();
}

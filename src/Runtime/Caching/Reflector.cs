using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>Keeps a store equal to what the API server has, by a list followed by watches, through every kind of interruption.</summary>
public sealed class Reflector<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>A server that ends a watch sooner is refusing it in its own way.</summary>
    private static readonly TimeSpan VeryShortWatch = TimeSpan.FromSeconds(1);

    private readonly KubeClient _client;
    private readonly Store<T> _store;
    private readonly ReflectorOptions _options;
    private readonly ListQuery _query;
    private readonly Func<NamespacedName, bool> _scope;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly ILogger _logger;
    private readonly ObjectDecoder<T> _decoder;
    private readonly string _kind = ResourceType.Of<T>().Kind;
    private readonly string _where;
    private readonly WatchTelemetry _telemetry;
    private string? _version;
    private readonly ReflectorBackoff _backoff;
    private long _lastActivity;

    /// <param name="client">The API server.</param>
    /// <param name="store">The store to fill; it may have several reflectors, each with a scope of its own.</param>
    /// <param name="options">What to follow.</param>
    /// <param name="time">The clock of backoff and watchdog.</param>
    /// <param name="logger">Hears of failures and recoveries, never of contents.</param>
    /// <param name="jitter">Numbers in [0, 1).</param>
    public Reflector(KubeClient client, Store<T> store, ReflectorOptions options, TimeProvider time, ILogger logger, Func<double>? jitter = null)
    {
        _client = client;
        _store = store;
        _options = options;
        _query = new ListQuery(options.LabelSelector, options.FieldSelector);
        _where = string.Join(", ", new[] { options.Namespace ?? "all namespaces", options.LabelSelector, options.FieldSelector }.Where(part => part is not null));
        _scope = key => options.Namespace is null || key.Namespace == options.Namespace;
        _time = time;
        _jitter = jitter ?? Jitter.Next;
        _backoff = new ReflectorBackoff(options, time, _jitter);
        _logger = logger;
        _telemetry = new WatchTelemetry(_kind);
        _decoder = new ObjectDecoder<T>(logger, _telemetry);
        _lastActivity = time.GetTimestamp();
    }

    /// <summary>Raised when the first list is in the store.</summary>
    public event Action? Synced;

    /// <summary>Raised when all was well and a list or a watch failed.</summary>
    public event Action? Failed;

    /// <summary>Raised when a watch is open again after something went wrong.</summary>
    public event Action? Recovered;

    /// <summary>Whether the store has had a complete list.</summary>
    public bool HasSynced { get; private set; }

    /// <summary>Why the last list or watch failed; null while all is well.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>How long ago the API server was last heard of.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    /// <summary>
    /// All seems well, but the loop hangs: nothing was heard for twice as long as it takes to find a watch silent, to pause, and to be
    /// refused another one.
    /// </summary>
    public bool IsStuck => HasSynced && LastError is null && Silence > 2 * (_options.SilenceLimit + _options.LongestBackoff + KubeClient.RequestTimeout);

    /// <summary>How many objects and events could not be read so far.</summary>
    public long Undecodable => _decoder.Skipped;

    /// <summary>How many lists were begun.</summary>
    public long Lists => _telemetry.Lists;

    /// <summary>How many watches were opened.</summary>
    public long Watches => _telemetry.Watches;

    /// <summary>Runs until cancelled. Throws only on a defect; whatever the server or the network does is survived.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        _client.Transport.Returned += _backoff.End;
        try
        {
            while (true)
            {
                Task ended = _backoff.Ended;
                TimeSpan pause = await RunOnceAsync(ct).ConfigureAwait(false);
                if (pause > TimeSpan.Zero)
                {
                    await _backoff.WaitAsync(pause, ended, ct).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The way it is meant to end.
        }
        finally
        {
            _client.Transport.Returned -= _backoff.End;
        }
    }

    /// <summary>One list, if it is needed, and one watch. Returns how long to wait before the next.</summary>
    private async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        long? opened = null;
        try
        {
            _version ??= await ListAsync(ct).ConfigureAwait(false);
            TimeSpan timeout = _options.ShortestWatch + ((_options.LongestWatch - _options.ShortestWatch) * _jitter());
            using WatchStream watch = await _client.OpenWatchAsync<T>(_options.Namespace, _query.Watch(_version, timeout), ct).ConfigureAwait(false);
            opened = _time.GetTimestamp();
            Opened();
            await FollowAsync(watch, ct).ConfigureAwait(false);
            _backoff.ForgetBefore(opened);
            return _time.GetElapsedTime(opened.Value) < VeryShortWatch ? _backoff.Next() : TimeSpan.Zero;
        }
        catch (ApiException e) when (e.IsGone)
        {
            _logger.LogInformation("Listing {Kind} in {Where} again, the version that was watched is gone", _kind, _where);
            _version = null;
            // At once, but not twice in a row: a server that calls every version gone must not be flooded.
            _backoff.ForgetBefore(opened);
            bool first = _backoff.IsFresh;
            TimeSpan backoff = _backoff.Next();
            return first ? TimeSpan.Zero : backoff;
        }
        catch (ApiException e)
        {
            if (opened is not null || !(e.IsTooManyRequests || e.IsServerError) || e.Code == 504)
            {
                // The server objects to what was asked, for example to a version of the time before a backup was restored (504).
                _version = null;
            }

            TimeSpan backoff = BackOff(e, opened);
            TimeSpan pause = e.RetryAfter > backoff ? e.RetryAfter.Value : backoff;
            return pause < _options.LongestBackoff ? pause : _options.LongestBackoff;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or JsonException)
        {
            return BackOff(e, opened);
        }
    }

    private void Opened()
    {
        Heard();
        if (LastError is not null)
        {
            _logger.LogInformation("Watching {Kind} in {Where} again", _kind, _where);
            LastError = null;
            Recovered?.Invoke();
        }

        // Last: who sees the watch counted may rely on all the rest.
        _telemetry.Opened();
    }

    private TimeSpan BackOff(Exception e, long? opened)
    {
        _telemetry.Failed();
        _backoff.ForgetBefore(opened);
        TimeSpan backoff = _backoff.Next();
        _logger.LogWarning("Following {Kind} in {Where} failed, trying again in {Backoff}: {Error}", _kind, _where, backoff, e.Message);
        bool first = LastError is null;
        LastError = e;
        if (first)
        {
            Failed?.Invoke();
        }

        return backoff;
    }

    private async Task<string> ListAsync(CancellationToken ct)
    {
        _telemetry.Listing();
        long mark = _store.Mark();
        var items = new List<T>();
        var unread = new HashSet<NamespacedName>();
        string version = "";
        await foreach (JsonElement page in _client.ListPagesAsync<T>(_options.Namespace, _query, Restart, ct).ConfigureAwait(false))
        {
            Heard();
            foreach (JsonElement item in page.GetProperty("items").EnumerateArray())
            {
                if (_decoder.Read(item) is { } value)
                {
                    items.Add(value);
                }
                else if (ObjectDecoder<T>.KeyOf(item) is { } key)
                {
                    // It exists: what is known of it stays, and it is not reported as deleted.
                    unread.Add(key);
                }
            }

            version = ObjectDecoder<T>.VersionOf(page) ?? "";
        }

        _store.Replace(items, unread, _scope, mark);
        if (!HasSynced)
        {
            HasSynced = true;
            Synced?.Invoke();
        }

        return version;

        void Restart()
        {
            items.Clear();
            unread.Clear();
        }
    }

    private async Task FollowAsync(WatchStream watch, CancellationToken ct)
    {
        using var silence = new CancellationTokenSource(_options.SilenceLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        try
        {
            while (await watch.ReadLineAsync(either.Token).ConfigureAwait(false) is { } line)
            {
                silence.CancelAfter(_options.SilenceLimit);
                Heard();
                Take(line);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // On a quiet kind this is no failure. If the server is really gone, opening the next watch will show it.
            _logger.LogDebug("Opening the watch of {Kind} in {Where} anew, it was silent for {Limit}", _kind, _where, _options.SilenceLimit);
        }
    }

    private void Take(byte[] line)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            _decoder.Skip("event", e: e);
            return;
        }

        using (document)
        {
            JsonElement json = document.RootElement;
            string? type = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("type", out JsonElement name) ? name.GetString() : null;
            if (type is null || !json.TryGetProperty("object", out JsonElement value))
            {
                _decoder.Skip("event");
                return;
            }

            if (type == "ERROR")
            {
                throw ApiException.FromWatch(value);
            }

            Take(type, value);
            _version = ObjectDecoder<T>.VersionOf(value) ?? _version;
        }
    }

    private void Take(string type, JsonElement value)
    {
        switch (type)
        {
            case "ADDED" or "MODIFIED":
                if (_decoder.Read(value) is { } decoded)
                {
                    _store.Set(decoded);
                }

                break;
            case "DELETED":
                if (ObjectDecoder<T>.KeyOf(value) is { } key)
                {
                    _store.Remove(key);
                }

                break;
            case "BOOKMARK":
                break;
            default:
                _decoder.Skip($"event of type {type}", ObjectDecoder<T>.KeyOf(value));
                break;
        }
    }

    private void Heard() => Interlocked.Exchange(ref _lastActivity, _time.GetTimestamp());
}

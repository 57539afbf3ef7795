using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>
/// Writes Events on transitions, in the background and as well as it can: a pass is never held up by them. The same event about
/// the same object is counted in one Event, and an object that causes too many gets no more for a while.
/// </summary>
public sealed class EventRecorder : HostedLoop
{
    private const int QueueLength = 1000;
    private const int LongestMessage = 1024;

    /// <summary>For what is queued when the process stops. Passes were given most of its time.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);

    private readonly KubeClient _client;
    private readonly TimeProvider _time;
    private readonly EventAggregator _aggregator;
    private readonly string _instance;
    private readonly Channel<EventNote> _queue = Channel.CreateBounded<EventNote>(QueueLength);
    private readonly EventTelemetry _telemetry = new();

    /// <param name="client">The API server; its field manager is the reporting component.</param>
    /// <param name="lifetime">Told to stop on a defect.</param>
    /// <param name="logger">Hears of events that could not be written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="instance">Which process of the component reports, usually the pod's name.</param>
    public EventRecorder(KubeClient client, IHostApplicationLifetime lifetime, ILogger<EventRecorder> logger, TimeProvider time, string instance)
        : base(lifetime, logger)
    {
        _client = client;
        _time = time;
        _aggregator = new EventAggregator();
        _instance = instance;
    }

    /// <summary>Events created or counted up on the API server.</summary>
    public long Written => _telemetry.WrittenCount;

    /// <summary>Events held back because their object had too many.</summary>
    public long Suppressed => _telemetry.SuppressedCount;

    /// <summary>Events lost because the API server refused them, was away, or too slow, or the process stopped.</summary>
    public long Lost => _telemetry.LostCount;

    /// <summary>Reports something that is as it should be.</summary>
    public void Normal<T>(T about, string reason, string message)
        where T : IKubernetesObject<V1ObjectMeta> => Record(about, "Normal", reason, message);

    /// <summary>Reports something that asks for attention.</summary>
    public void Warning<T>(T about, string reason, string message)
        where T : IKubernetesObject<V1ObjectMeta> => Record(about, "Warning", reason, message);

    protected override async Task RunAsync(CancellationToken ct)
    {
        using var abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenRegistration stopping = ct.UnsafeRegister(_ =>
        {
            _queue.Writer.TryComplete();
            abort.CancelAfter(DrainLimit);
        }, null);
        // Ends once nothing is queued, when the process stops.
        await foreach (EventNote note in _queue.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            try
            {
                await WriteAsync(note, abort.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (ct.IsCancellationRequested || e is ApiException or HttpRequestException or IOException or TimeoutException or LeadershipLostException)
            {
                _telemetry.CountLost();
                Logger.LogWarning(
                    "Losing the event {Reason} about {Kind} {Namespace}/{Name}: {Error}",
                    note.Reason, note.About.Kind, note.About.NamespaceProperty, note.About.Name, abort.IsCancellationRequested ? "the process stops" : e.Message);
            }
        }
    }

    private void Record<T>(T about, string type, string reason, string message)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        ResourceType kind = ResourceType.Of<T>();
        var reference = new V1ObjectReference
        {
            ApiVersion = kind.ApiVersion,
            Kind = kind.Kind,
            NamespaceProperty = about.Metadata.NamespaceProperty,
            Name = about.Metadata.Name,
            Uid = about.Metadata.Uid,
            ResourceVersion = about.Metadata.ResourceVersion,
        };
        message = message.Length <= LongestMessage ? message : message[..LongestMessage];
        if (!_queue.Writer.TryWrite(new EventNote(reference, type, reason, message, _time.GetUtcNow())))
        {
            _telemetry.CountLost();
        }
    }

    private async Task WriteAsync(EventNote note, CancellationToken ct)
    {
        switch (_aggregator.Add(note))
        {
            case null:
                _telemetry.CountSuppressed();
                return;
            case { Count: > 1 } repeated when await TryCountUpAsync(repeated, ct).ConfigureAwait(false):
                break;
            case var aggregate:
                await _client.CreateAsync(NewEvent(note, aggregate), ct).ConfigureAwait(false);
                break;
        }

        _telemetry.CountWritten();
    }

    /// <returns>False when the Event has expired meanwhile.</returns>
    private async Task<bool> TryCountUpAsync(EventAggregate repeated, CancellationToken ct)
    {
        try
        {
            var patch = new JsonObject { ["count"] = repeated.Count, ["lastTimestamp"] = Timestamp(repeated.Last) };
            await _client.MergePatchAsync<Corev1Event>(repeated.Event, patch, ct).ConfigureAwait(false);
            return true;
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private Corev1Event NewEvent(EventNote note, EventAggregate aggregate) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = aggregate.Event.Namespace, Name = aggregate.Event.Name },
        InvolvedObject = note.About,
        Type = note.Type,
        Reason = note.Reason,
        Message = note.Message,
        Count = aggregate.Count,
        FirstTimestamp = Seconds(aggregate.First),
        LastTimestamp = Seconds(aggregate.Last),
        Source = new V1EventSource { Component = _client.FieldManager },
        ReportingComponent = _client.FieldManager,
        ReportingInstance = _instance,
    };

    private static DateTime Seconds(DateTimeOffset time) => time.UtcDateTime.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond));

    private static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OmniScale.Runtime.Tests;

/// <summary>What the runtime measured on behalf of one test: with a label of a certain value, or in what the test itself called and started.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _taken = [];
    private readonly AsyncLocal<bool> _own = new();

    /// <param name="label">The value of the first label; null for everything in the flow of the test, whatever its labels.</param>
    public Measurements(string? label)
    {
        _own.Value = true;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RuntimeTelemetry.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if ((label is null ? _own.Value : tags.Length > 0 && Equals(tags[0].Value, label)) && (value != 0 || instrument.IsObservable))
            {
                _taken.Enqueue(string.Join(' ', [instrument.Name, .. tags[(label is null ? 0 : 1)..].ToArray().Select(tag => tag.Value), value]));
            }
        }
    }

    /// <summary>As <c>name other-labels value</c>, without the zeros that series begin with, since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        List<string> taken = [.. _taken];
        _taken.Clear();
        return taken;
    }

    public IReadOnlyList<string> Observe()
    {
        Take();
        _listener.RecordObservableInstruments();
        return Take();
    }

    public void Dispose() => _listener.Dispose();
}

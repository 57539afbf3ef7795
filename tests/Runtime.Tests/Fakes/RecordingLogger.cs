using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime.Tests;

/// <summary>Keeps what was logged, and the scopes it was logged in.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    public ConcurrentQueue<(LogLevel Level, Exception? Error, string Message)> Entries { get; } = [];

    public ConcurrentQueue<Dictionary<string, object>> Scopes { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        if (state is IEnumerable<KeyValuePair<string, object>> scope)
        {
            Scopes.Enqueue(scope.ToDictionary());
        }

        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, exception, formatter(state, exception)));
}

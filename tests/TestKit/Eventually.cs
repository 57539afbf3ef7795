using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OmniScale.TestKit;

/// <summary>Waits for what happens in the background, with a limit. The end of the current test ends the wait.</summary>
public static class Eventually
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not hold within the limit.</exception>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        ValueAsync(() => Task.FromResult(condition()), static holds => holds, what, limit);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    [OverloadResolutionPriority(1)]
    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) =>
        ValueAsync(condition, static holds => holds, what, limit);

    /// <summary>Reads a value until it is as wanted, and returns it.</summary>
    /// <exception cref="TimeoutException">It was not within the limit; the message has the last value read.</exception>
    public static Task<T> ValueAsync<T>(
        Func<T> read, Func<T, bool> wanted, string what, TimeSpan? limit = null) =>
        ValueAsync(() => Task.FromResult(read()), wanted, what, limit);

    /// <summary>
    /// Reads a value until it is as wanted, and returns it. A read that throws counts as a value that is not wanted,
    /// since what is waited for may not exist yet.
    /// </summary>
    /// <exception cref="TimeoutException">It was not within the limit; the message has the last value or exception.</exception>
    [OverloadResolutionPriority(1)]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Any failure to read is reported at the limit.")]
    public static async Task<T> ValueAsync<T>(
        Func<Task<T>> read, Func<T, bool> wanted, string what, TimeSpan? limit = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var allowed = limit ?? DefaultLimit;
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            string last;
            Exception? failure = null;
            try
            {
                var value = await read();
                if (wanted(value))
                {
                    return value;
                }
                last = $"the last value was {Show(value)}";
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failure = e;
                last = $"the last attempt failed: {e.Message}";
            }
            if (TimeProvider.System.GetElapsedTime(started) > allowed)
            {
                throw new TimeoutException($"Not within {allowed.TotalSeconds:0.#} s: {what}; {last}", failure);
            }
            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        }
    }

    private static string Show<T>(T value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        System.Collections.IEnumerable items => $"[{string.Join(", ", items.Cast<object?>())}]",
        _ => value.ToString() ?? "null",
    };
}

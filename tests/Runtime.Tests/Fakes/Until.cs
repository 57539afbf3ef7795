using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>Waits as long as the test runs, with the limit of <see cref="Eventually"/>.</summary>
internal static class Until
{
    public static Task TrueAsync(Func<bool> condition, string what) =>
        Eventually.TrueAsync(condition, what, cancellationToken: TestContext.Current.CancellationToken);

    public static Task<T> ValueAsync<T>(Func<T> read, Func<T, bool> wanted, string what) =>
        Eventually.ValueAsync(read, wanted, what, cancellationToken: TestContext.Current.CancellationToken);

    public static Task<T> ValueAsync<T>(Func<Task<T>> read, Func<T, bool> wanted, string what) =>
        Eventually.ValueAsync(read, wanted, what, cancellationToken: TestContext.Current.CancellationToken);
}

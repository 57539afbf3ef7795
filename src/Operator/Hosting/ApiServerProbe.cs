using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>
/// Whether the API server is there, and what stands behind it: watches alone do not show that it has lost its etcd. It is asked when
/// kubelet asks, and once every few seconds at most.
/// </summary>
internal sealed class ApiServerProbe(KubeClient client, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>Below the time that the probe in config/manager is given.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim gate = new(1);
    private (long At, string? Problem)? last;

    /// <returns>What is wrong with it; null if nothing is.</returns>
    public async Task<string?> AskAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (last is not { } known || time.GetElapsedTime(known.At) > Fresh)
            {
                var problem = await client.FindUnreadinessAsync(Limit, ct);
                last = known = (time.GetTimestamp(), problem);
            }

            return known.Problem;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}

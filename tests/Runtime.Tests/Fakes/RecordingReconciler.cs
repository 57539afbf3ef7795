using System.Collections.Concurrent;

namespace OmniScale.Runtime.Tests;

/// <summary>Records its passes, holds those of the key "one" on demand, and answers as told.</summary>
internal sealed class RecordingReconciler : IEntityController<Widget>
{
    private TaskCompletionSource _hold = new();
    private int _finished;

    public RecordingReconciler() => _hold.SetResult();

    public ConcurrentQueue<NamespacedName> Keys { get; } = [];

    public ConcurrentQueue<Func<ReconcileResult>> Results { get; } = [];

    public int Finished => _finished;

    public void Hold() => _hold = new TaskCompletionSource();

    public void Release() => _hold.TrySetResult();

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        Task hold = key.Name == "one" ? _hold.Task : Task.CompletedTask;
        Keys.Enqueue(key);
        await hold.WaitAsync(ct);
        Interlocked.Increment(ref _finished);
        return Results.TryDequeue(out Func<ReconcileResult>? result) ? result() : ReconcileResult.Done;
    }
}

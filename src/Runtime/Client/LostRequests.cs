namespace OmniScale.Runtime;

/// <summary>
/// The requests that an API server may never answer, since it was seen to be away after they were sent: one that has lost its etcd
/// keeps writes open, also when etcd is back.
/// </summary>
internal sealed class LostRequests : IDisposable
{
    /// <summary>One is added every two seconds or so, and no request takes a minute.</summary>
    private const int Kept = 30;

    private readonly Lock _gate = new();
    private readonly List<CancellationTokenSource> _lost = [];
    private CancellationTokenSource _current = new();

    /// <summary>Cancelled when the request that begins now is given up.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_gate)
            {
                return _current.Token;
            }
        }
    }

    /// <summary>Counts all that were begun until now among the lost.</summary>
    public void Add()
    {
        lock (_gate)
        {
            _lost.Add(_current);
            if (_lost.Count > Kept)
            {
                _lost.RemoveAt(0);
            }

            _current = new CancellationTokenSource();
        }
    }

    /// <summary>The server is back: nobody need wait for what it lost.</summary>
    public void GiveUp()
    {
        List<CancellationTokenSource> lost;
        lock (_gate)
        {
            lost = [.. _lost];
            _lost.Clear();
        }

        lost.ForEach(source => source.Cancel());
    }

    public void Dispose() => _current.Dispose();
}

using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace OmniScale.TestKit.Faults;

/// <summary>A fault in force, and the requests that it is meant for.</summary>
public sealed class ActiveFault
{
    private readonly Lock _gate = new();
    private readonly Regex _requests;
    private readonly Func<HttpRequest, bool>? _when;
    private readonly int? _times;
    private readonly TaskCompletionSource _cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _skip;
    private int _hits;

    internal ActiveFault(Fault fault, string requests, int? times, int skip, Func<HttpRequest, bool>? when)
    {
        Fault = fault;
        _requests = new Regex(requests, RegexOptions.CultureInvariant);
        (_times, _skip, _when) = (times, skip, when);
    }

    public Fault Fault { get; }

    /// <summary>How many requests it has hit.</summary>
    public int Hits => Volatile.Read(ref _hits);

    internal Task Cleared => _cleared.Task;

    /// <summary>Nothing more is hit, and what was held goes on.</summary>
    public void Clear() => _cleared.TrySetResult();

    /// <returns>Whether it hits the request, which then counts.</returns>
    internal bool Take(string line, HttpRequest request)
    {
        lock (_gate)
        {
            if (_cleared.Task.IsCompleted || _hits >= _times || !_requests.IsMatch(line) || !(_when?.Invoke(request) ?? true) || _skip-- > 0)
            {
                return false;
            }

            Volatile.Write(ref _hits, _hits + 1);
            return true;
        }
    }
}

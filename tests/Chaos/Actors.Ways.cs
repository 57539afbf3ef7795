using OmniScale.TestKit.Faults;

namespace OmniScale.Chaos;

/// <summary>What goes wrong on the operator's way to the API server and to Omni.</summary>
internal sealed partial class Actors
{
    private const string KubeLists = "^GET .*limit=";
    private const string KubeWatches = "watch=true";
    private const string KubeWrites = "^(POST|PATCH|PUT|DELETE) ";
    private const string OmniWatches = "State/Watch";
    private const string OmniWrites = "State/(Create|Update|Teardown|Destroy)";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private Task WayToApiServerAsync()
    {
        var (kind, requests) = (random.Next(14), Pick([".", "^GET ", KubeWrites, KubeWrites]));
        var (after, times, span, delay) = Extent();
        (requests, var fault) = kind switch
        {
            0 => (requests, Fault.Reset()),
            1 => (KubeWrites, Fault.Reset(after: 0)),
            2 => (KubeWrites, Fault.Truncate()),
            3 => (requests, Fault.Stall()),
            4 => (requests, Fault.Stall(after: 0)),
            5 => (KubeWatches, Fault.Stall(after)),
            6 => (KubeWatches, Fault.Truncate(after)),
            7 => (KubeWatches, Fault.ErrorEvent(410, "Expired", after)),
            8 => (KubeWatches, Fault.Status(410, "Expired")),
            9 => ($"{KubeWatches}|{KubeLists}", Fault.Status(410, "Expired")),
            10 => (requests, Fault.Status(429, "TooManyRequests", RetryAfter)),
            11 => (requests, Fault.Status(500, "InternalError")),
            12 => (requests, Fault.Status(503, "ServiceUnavailable")),
            _ => (requests, Fault.Slow(delay)),
        };
        Disturb("the API server", world.Proxies.Kube, requests, fault, times, span, lasts: kind is 3 or 4 or 5 or 13, reopen: kind is >= 5 and <= 9);
        return Task.CompletedTask;
    }

    private Task WayToOmniAsync()
    {
        var (kind, requests) = (random.Next(7), Pick(["State/", OmniWrites]));
        var (after, times, span, delay) = Extent();
        (requests, var fault) = kind switch
        {
            0 => (requests, Fault.Stall()),
            1 => (OmniWrites, Fault.Stall(after: 0)),
            2 => (OmniWatches, Fault.Stall(after)),
            3 => (OmniWatches, Fault.Truncate(after)),
            4 => (OmniWrites, Fault.Truncate()),
            5 => (requests, Fault.Gateway(503)),
            _ => (requests, Fault.Slow(delay)),
        };
        Disturb("Omni", world.Proxies.Omni, requests, fault, times, span, lasts: kind is 0 or 1 or 2 or 6, reopen: kind is 2 or 3);
        return Task.CompletedTask;
    }

    /// <summary>How far an answer gets, how many are hit, for how long, and how late they come; shorter than what the operator gives up after.</summary>
    private (int After, int Times, TimeSpan Span, TimeSpan Delay) Extent() =>
        (random.Next(4), random.Next(1, 5), TimeSpan.FromMilliseconds(random.Next(50, 2000)), TimeSpan.FromMilliseconds(random.Next(20, 400)));

    /// <param name="lasts">Whether all requests are hit until the time is over, rather than a few.</param>
    /// <param name="reopen">Watches last for minutes: what is to hit one needs a new one.</param>
    private void Disturb(string server, FaultProxy? proxy, string requests, Fault fault, int times, TimeSpan span, bool lasts, bool reopen)
    {
        var extent = $"{(lasts ? $"for {span.TotalMilliseconds} ms" : $"{times} times")}{(reopen ? ", and connections are cut" : "")}";
        world.Note($"fault: on the way to {server}, {requests}: {fault}, {extent}{(proxy is null ? "; but there is no proxy" : "")}");
        if (proxy is null)
        {
            return;
        }

        var active = proxy.On(requests, fault, lasts ? null : times);
        if (reopen)
        {
            proxy.DropConnections();
        }

        if (lasts)
        {
            world.Background.Add(EndsAsync());
        }

        async Task EndsAsync()
        {
            await Task.Delay(span, TimeProvider.System, World.Ct);
            active.Clear();
        }
    }
}

using System.Runtime.CompilerServices;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Operator.Controllers;

namespace OmniScale.Operator.Connections;

/// <summary>Which connections are in an outage, from how they stand now.</summary>
/// <param name="tell">Called when there is something to say of an outage, to all whom it concerns.</param>
/// <param name="time">The clock of graces.</param>
internal sealed class OmniOutages(Action<OmniConnection, OmniOutage> tell, TimeProvider time) : IDisposable
{
    /// <summary>A connection that breaks for less than this is no news.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long the first answer of Omni is waited for before it counts as unreachable.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    private readonly Lock gate = new();
    private readonly ConditionalWeakTable<OmniConnection, OmniOutage> known = [];

    public static bool IsComplete(OmniConnection connection) => connection.Cache.Follow(OmniCaches.Types);

    /// <summary>The outage that a connection is in, if any. Begins it and ends it: what is, counts, not the order of events, which come from several threads.</summary>
    public OmniOutage? Assess(OmniConnection connection)
    {
        lock (gate)
        {
            var outage = known.TryGetValue(connection, out var ongoing) ? ongoing : null;
            if (Problem(connection) is not { } problem)
            {
                if (outage is not null)
                {
                    outage.Dispose();
                    known.Remove(connection);
                }

                return null;
            }

            if (outage is not null)
            {
                outage.Update(problem);
            }
            else
            {
                // Without complete caches there is nothing to work with meanwhile.
                var silence = IsComplete(connection) ? Grace - time.GetElapsedTime(connection.Health.Since) : TimeSpan.Zero;
                outage = new OmniOutage(problem, silence, begun => Tell(connection, begun), time);
                known.Add(connection, outage);
            }

            return outage;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (_, outage) in known)
            {
                outage.Dispose();
            }

            known.Clear();
        }
    }

    private void Tell(OmniConnection connection, OmniOutage outage)
    {
        // In the latest words: the first failure is often only that something ended.
        if (Assess(connection) == outage)
        {
            outage.Speak();
            tell(connection, outage);
        }
    }

    /// <summary>Why a connection cannot be used; null while it can, and while its first answers are still waited for.</summary>
    private Finding? Problem(OmniConnection connection)
    {
        var health = connection.Health;
        if (health.Reachable == false)
        {
            return OmniFailures.Reachable(health.Kind ?? OmniError.Unavailable, health.Message);
        }

        if (IsComplete(connection))
        {
            return null;
        }

        // One type that cannot be read holds up everything: say which.
        var failing = OmniCaches.Types.Select(connection.Cache.Status).FirstOrDefault(s => !s.IsSynced && s.Error is not null);
        if (failing is { Error.Kind: OmniError.PermissionDenied })
        {
            return OmniFailures.Reachable(OmniError.PermissionDenied, $"{failing.Type} cannot be read: {failing.Error.Message}");
        }

        return time.GetElapsedTime(health.Since) < ConnectLimit ? null
            : Finding.False(OmniReasons.Unreachable, $"{connection.Settings.Endpoint} has not answered completely yet{(failing is null ? "" : $": {failing.Type} cannot be read: {failing.Error!.Message}")}");
    }
}

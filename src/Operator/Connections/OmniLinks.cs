using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using k8s.Models;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Operator.Controllers;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>
/// Leads each object to its Omni: from the Secret that it names to a connection that it shares with all others that mean the
/// same Omni and account. Wakes the objects when their Secret or their connection changes.
/// </summary>
internal sealed class OmniLinks : IDisposable
{
    /// <summary>A connection that breaks for less than this is no news.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long the first answer of Omni is waited for before it counts as unreachable.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// To how many objects a second it is told that their Omni is away, or back: each then has a status to write, and a thousand are not
    /// to do so at once. The good news is the more urgent one.
    /// </summary>
    private const int ToldAwayPerSecond = 20;
    private const int ToldBackPerSecond = 200;

    private readonly SecretCache secrets;
    private readonly OmniConnectionPool pool;
    private readonly Wakeups wakeups;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<Type, SecretReferences> references = new();

    /// <summary>What stands in a Secret, for as long as that very version of it is cached.</summary>
    private readonly ConditionalWeakTable<V1Secret, Contents> parsed = [];
    private readonly ConcurrentDictionary<(Type Kind, NamespacedName Key), OmniConnection> holders = new();

    private readonly Lock healthGate = new();
    private readonly Dictionary<OmniConnection, ITimer> graces = [];

    public OmniLinks(SecretCache secrets, OmniConnectionPool pool, Wakeups wakeups, TimeProvider time)
    {
        this.secrets = secrets;
        this.pool = pool;
        this.wakeups = wakeups;
        this.time = time;
        pool.HealthChanged += OnHealthChanged;
        pool.CallsResumed += ForgetBackoff;
        pool.Synced += OnSynced;
    }

    /// <summary>Says which Secrets the object refers to beside its connection Secret; changes of any of them wake it.</summary>
    public void Refer<T>(T value, IEnumerable<NamespacedName> others)
        where T : class, IOmniScaleObject =>
        references.GetOrAdd(typeof(T), kind => secrets.CreateReferences(key => wakeups.Wake(kind, key))).Set(value.Key(), others.Prepend(SecretOf(value)));

    public OmniLink Open<T>(T value)
        where T : class, IOmniScaleObject
    {
        var key = value.Key();
        var lookup = secrets.Get(SecretOf(value));
        if (lookup.Secret is not { } secret)
        {
            Release(typeof(T), key);
            return new(lookup switch
            {
                { Synced: true } => Finding.False(OmniReasons.SecretNotFound, $"there is no Secret {value.OmniSecretName} of type {ApiGroup.OmniSecretType} in namespace {key.Namespace}"),
                { Error: { } error } => Finding.Unknown(OmniReasons.Connecting, $"Secret {value.OmniSecretName} cannot be read: {error.Message}"),
                _ => Finding.Unknown(OmniReasons.Connecting, $"reading Secret {value.OmniSecretName}"),
            })
            { IsConnecting = !lookup.Synced && lookup.Error is null };
        }

        var (settings, problem) = parsed.GetValue(secret, Parse);
        if (settings is null)
        {
            Release(typeof(T), key);
            return new(problem!);
        }

        var binding = new OmniBinding { Endpoint = settings.Endpoint.ToString(), Account = settings.Key.Identity, Secret = value.OmniSecretName };
        if (value.CommonStatus?.Omni is { } before && !before.LeadsTo(binding))
        {
            Release(typeof(T), key);
            var text = $"Secret {value.OmniSecretName} now leads to {binding.Endpoint} as {binding.Account}; this object belongs to {before.Endpoint} as {before.Account}. "
                + "Put the former values back, or let go of this object (deletionPolicy: Orphan, delete) and apply it again";
            return new(Finding.Unknown(CommonReasons.OmniChanged, text)) { Changed = text };
        }

        return Judge(settings, binding, Hold(typeof(T), key, settings));
    }

    /// <summary>The object is gone.</summary>
    public void Close<T>(NamespacedName key)
    {
        Release(typeof(T), key);
        if (references.TryGetValue(typeof(T), out var mine))
        {
            mine.Clear(key);
        }
    }

    public void Dispose()
    {
        pool.HealthChanged -= OnHealthChanged;
        pool.CallsResumed -= ForgetBackoff;
        pool.Synced -= OnSynced;
        lock (healthGate)
        {
            foreach (var timer in graces.Values)
            {
                timer.Dispose();
            }

            graces.Clear();
        }
    }

    private OmniLink Judge(OmniConnectionSettings settings, OmniBinding binding, OmniConnection connection)
    {
        var expiry = OmniSecret.Expiry(settings.Key, time.GetUtcNow());
        if (expiry is { Verdict: Verdict.False })
        {
            return new(expiry);
        }

        var complete = connection.Cache.Follow(OmniCaches.Types);
        var health = connection.Health;
        if (health.Reachable == false && !(complete && time.GetElapsedTime(health.Since) < Grace))
        {
            return new(Finding.False(OmniFailures.ConnectionReason(health.Kind ?? OmniError.Unavailable) ?? OmniReasons.Unreachable, OmniFailures.Advice(health.Kind, health.Message))) { Binding = binding };
        }

        if (complete)
        {
            return new(expiry ?? Finding.True(OmniReasons.Connected, $"{binding.Endpoint} answers and accepts {binding.Account}")) { Connection = connection, Binding = binding };
        }

        // One type that cannot be read holds up everything: say which.
        var failing = OmniCaches.Types.Select(connection.Cache.Status).FirstOrDefault(s => !s.IsSynced && s.Error is not null);
        if (failing is { Error.Kind: OmniError.PermissionDenied })
        {
            return new(Finding.False(OmniReasons.PermissionDenied, OmniFailures.Advice(OmniError.PermissionDenied, $"{failing.Type} cannot be read: {failing.Error.Message}"))) { Binding = binding };
        }

        var left = ConnectLimit - time.GetElapsedTime(health.Since);
        return left > TimeSpan.Zero
            ? new(Finding.Unknown(OmniReasons.Connecting, $"connecting to {binding.Endpoint}")) { Binding = binding, IsConnecting = true, RecheckAfter = left }
            : new(Finding.False(OmniReasons.Unreachable, $"{binding.Endpoint} has not answered completely yet{(failing is null ? "" : $": {failing.Type} cannot be read: {failing.Error!.Message}")}")) { Binding = binding };
    }

    private OmniConnection Hold(Type kind, NamespacedName key, OmniConnectionSettings settings)
    {
        var connection = pool.GetOrCreate(Holder(kind, key), settings);
        holders[(kind, key)] = connection;
        return connection;
    }

    private void Release(Type kind, NamespacedName key)
    {
        if (holders.TryRemove((kind, key), out _))
        {
            pool.Release(Holder(kind, key));
        }
    }

    private void OnSynced(OmniConnection connection, Omni.Api.ResourceType type)
    {
        if (connection.Cache.Follow(OmniCaches.Types))
        {
            // Most have nothing to write: their status says already what they are about to see.
            WakeHolders(connection, int.MaxValue);
        }
    }

    /// <summary>Not in the order of events, which come from several threads: what is, counts.</summary>
    private void OnHealthChanged(OmniConnection connection, OmniHealth _)
    {
        lock (healthGate)
        {
            var health = connection.Health;
            if (health.Reachable != false)
            {
                if (graces.Remove(connection, out var running))
                {
                    running.Dispose();
                }

                ForgetBackoff(connection);
                WakeHolders(connection, ToldBackPerSecond);
                return;
            }

            var left = Grace - time.GetElapsedTime(health.Since);
            if (left <= TimeSpan.Zero || !connection.Cache.Follow(OmniCaches.Types))
            {
                // It is away for another reason than they were told, or they have nothing to work with.
                WakeHolders(connection, ToldAwayPerSecond);
            }
            else if (!graces.ContainsKey(connection))
            {
                ITimer? grace = null;
                grace = time.CreateTimer(_ => EndGrace(), null, left + TimeSpan.FromMilliseconds(100), Timeout.InfiniteTimeSpan);
                graces.Add(connection, grace);

                void EndGrace()
                {
                    lock (healthGate)
                    {
                        // It may have come back while the timer was already firing.
                        if (graces.TryGetValue(connection, out var current) && current == grace)
                        {
                            graces.Remove(connection);
                            grace.Dispose();
                            WakeHolders(connection, ToldAwayPerSecond);
                        }
                    }
                }
            }
        }
    }

    private void ForgetBackoff(OmniConnection connection)
    {
        foreach (var kind in HoldersOf(connection).GroupBy(holder => holder.Kind, holder => holder.Key))
        {
            wakeups.ForgetBackoff(kind.Key, kind.ToHashSet().Contains);
        }
    }

    private void WakeHolders(OmniConnection connection, int perSecond)
    {
        foreach (var (i, (kind, key)) in HoldersOf(connection).Index())
        {
            wakeups.Wake(kind, key, TimeSpan.FromSeconds((double)i / perSecond));
        }
    }

    private IEnumerable<(Type Kind, NamespacedName Key)> HoldersOf(OmniConnection connection) => holders.Where(pair => pair.Value == connection).Select(pair => pair.Key);

    private static Contents Parse(V1Secret secret)
    {
        var (settings, problem) = OmniSecret.Read(secret);
        return new(settings, problem);
    }

    private static string Holder(Type kind, NamespacedName key) => $"{kind.Name}/{key}";

    private static NamespacedName SecretOf(IOmniScaleObject value) => new(value.Metadata.NamespaceProperty, value.OmniSecretName);

    private sealed record Contents(OmniConnectionSettings? Settings, Finding? Problem);
}

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
    /// <summary>To how many objects a second it is told that their Omni is back: each then has a status to write.</summary>
    private const int ToldBackPerSecond = 200;

    private readonly SecretCache secrets;
    private readonly OmniConnectionPool pool;
    private readonly Wakeups wakeups;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<Type, SecretReferences> references = new();

    /// <summary>What stands in a Secret, for as long as that very version of it is cached.</summary>
    private readonly ConditionalWeakTable<V1Secret, Contents> parsed = [];
    private readonly ConcurrentDictionary<(Type Kind, NamespacedName Key), OmniConnection> holders = new();

    private readonly OmniOutages outages;

    /// <summary>Since when the calls of an object fail while its Omni is there for others.</summary>
    private readonly ConcurrentDictionary<(Type Kind, NamespacedName Key), long> failingSince = new();

    public OmniLinks(SecretCache secrets, OmniConnectionPool pool, Wakeups wakeups, TimeProvider time)
    {
        this.secrets = secrets;
        this.pool = pool;
        this.wakeups = wakeups;
        this.time = time;
        outages = new OmniOutages((connection, outage) => WakeHolders(connection, outage.UntilTurn), time);
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

        return Judge((typeof(T), key), settings, binding, Hold(typeof(T), key, settings));
    }

    /// <summary>A pass lost its connection, or a call of it was refused as a whole.</summary>
    /// <returns>What the object is to say of it; null while it is too early to say anything.</returns>
    public Finding? FindingOf<T>(NamespacedName key, OmniException failure)
    {
        var holder = (typeof(T), key);
        if (holders.TryGetValue(holder, out var connection) && outages.Assess(connection) is { } outage)
        {
            return outage.IsSilent || outage.UntilTurn(holder) > TimeSpan.Zero ? null : outage.Finding;
        }

        return time.GetElapsedTime(failingSince.GetOrAdd(holder, time.GetTimestamp())) < OmniOutages.Grace ? null : OmniFailures.Reachable(failure);
    }

    /// <summary>A pass was answered whatever it asked.</summary>
    public void Answered<T>(NamespacedName key) => failingSince.TryRemove((typeof(T), key), out _);

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
        outages.Dispose();
    }

    private OmniLink Judge((Type, NamespacedName) holder, OmniConnectionSettings settings, OmniBinding binding, OmniConnection connection)
    {
        var expiry = OmniSecret.Expiry(settings.Key, time.GetUtcNow());
        if (expiry is { Verdict: Verdict.False })
        {
            return new(expiry);
        }

        if (outages.Assess(connection) is { IsSilent: false } outage)
        {
            return new(outage.Finding) { Binding = binding, UntilTurn = outage.UntilTurn(holder) };
        }

        if (OmniOutages.IsComplete(connection))
        {
            return new(expiry ?? Finding.True(OmniReasons.Connected, $"{binding.Endpoint} answers and accepts {binding.Account}")) { Connection = connection, Binding = binding };
        }

        return new(Finding.Unknown(OmniReasons.Connecting, $"connecting to {binding.Endpoint}"))
        {
            Binding = binding,
            IsConnecting = true,
            RecheckAfter = OmniOutages.ConnectLimit - time.GetElapsedTime(connection.Health.Since),
        };
    }

    private OmniConnection Hold(Type kind, NamespacedName key, OmniConnectionSettings settings)
    {
        var connection = pool.GetOrCreate(Holder(kind, key), settings);
        holders[(kind, key)] = connection;
        return connection;
    }

    private void Release(Type kind, NamespacedName key)
    {
        failingSince.TryRemove((kind, key), out _);
        if (holders.TryRemove((kind, key), out _))
        {
            pool.Release(Holder(kind, key));
        }
    }

    private void OnSynced(OmniConnection connection, Omni.Api.ResourceType type)
    {
        if (OmniOutages.IsComplete(connection))
        {
            // Most have nothing to write: their status says already what they are about to see.
            WakeHolders(connection, _ => TimeSpan.Zero);
        }
        else
        {
            // What stood in the way may be another type now.
            outages.Assess(connection);
        }
    }

    private void OnHealthChanged(OmniConnection connection, OmniHealth _)
    {
        // An outage wakes the holders itself.
        if (outages.Assess(connection) is null)
        {
            ForgetBackoff(connection);
            var turn = 0;
            WakeHolders(connection, _ => TimeSpan.FromSeconds((double)turn++ / ToldBackPerSecond));
        }
    }

    private void ForgetBackoff(OmniConnection connection)
    {
        foreach (var kind in HoldersOf(connection).GroupBy(holder => holder.Kind, holder => holder.Key))
        {
            wakeups.ForgetBackoff(kind.Key, kind.ToHashSet().Contains);
        }
    }

    private void WakeHolders(OmniConnection connection, Func<(Type Kind, NamespacedName Key), TimeSpan> delay)
    {
        foreach (var holder in HoldersOf(connection))
        {
            wakeups.Wake(holder.Kind, holder.Key, delay(holder));
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

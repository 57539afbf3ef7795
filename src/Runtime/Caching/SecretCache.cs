using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>
/// The Secrets that objects refer to, each followed by a watch of its own for as long as something refers to it. No others are
/// read, so the process needs to hold no more than it uses.
/// </summary>
public sealed class SecretCache : HostedLoop
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, FollowedSecret> _followed = [];
    private readonly TaskCompletionSource _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly KubeClient _client;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double>? _jitter;

    public SecretCache(
        KubeClient client,
        IHostApplicationLifetime lifetime,
        ILogger<SecretCache> logger,
        TimeProvider time,
        ReflectorOptions? options = null,
        Func<double>? jitter = null)
        : base(lifetime, logger)
    {
        _client = client;
        _options = options ?? new ReflectorOptions();
        _time = time;
        _jitter = jitter;
    }

    /// <summary>How many Secrets are followed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _followed.Count;
            }
        }
    }

    /// <summary>Whether the watch of any of them hangs.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
            {
                return _followed.Values.Any(followed => followed.IsStuck);
            }
        }
    }

    /// <summary>
    /// Begins the references of one kind of owner. <paramref name="notify"/> is called with an owner whenever a Secret it refers to
    /// was first read, changed, came or went, or can no longer or again be read; it must be quick and must not throw.
    /// </summary>
    public SecretReferences CreateReferences(Action<NamespacedName> notify) => new(this, notify);

    /// <summary>What is known of a Secret that is referred to.</summary>
    public SecretLookup Get(NamespacedName secret)
    {
        lock (_gate)
        {
            return _followed.TryGetValue(secret, out FollowedSecret? followed) ? followed.Look() : SecretLookup.NotYet;
        }
    }

    public override void Dispose()
    {
        // A container that knows it as a singleton and as a hosted service disposes it twice.
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
        }

        base.Dispose();
    }

    internal void Add(NamespacedName secret, SecretReferences references, NamespacedName owner)
    {
        lock (_gate)
        {
            if (!_followed.TryGetValue(secret, out FollowedSecret? followed))
            {
                _followed.Add(secret, followed = Follow(secret));
            }

            followed.Owners.Add((references, owner));
        }
    }

    internal void Remove(NamespacedName secret, SecretReferences references, NamespacedName owner)
    {
        FollowedSecret followed;
        lock (_gate)
        {
            followed = _followed[secret];
            followed.Owners.Remove((references, owner));
            if (followed.Owners.Count > 0)
            {
                return;
            }

            _followed.Remove(secret);
        }

        followed.Stop();
    }

    protected override async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await _fault.Task.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private FollowedSecret Follow(NamespacedName secret)
    {
        var store = new Store<V1Secret>();
        ReflectorOptions options = _options with { Namespace = secret.Namespace, FieldSelector = $"metadata.name={secret.Name}" };
        var reflector = new Reflector<V1Secret>(_client, store, options, _time, Logger, _jitter);
        store.Changed += _ => Notify(secret);
        reflector.Synced += () => Notify(secret);
        reflector.Failed += () => Notify(secret);
        reflector.Recovered += () => Notify(secret);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        // The watch outlives the pass that asked for it, and is no part of its trace and log scope.
        using (ExecutionContext.SuppressFlow())
        {
            _ = RunAsync(reflector, stop.Token);
        }

        return new FollowedSecret(secret, store, reflector, stop);
    }

    private async Task RunAsync(Reflector<V1Secret> reflector, CancellationToken ct)
    {
        try
        {
            await Task.Run(() => reflector.RunAsync(ct), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _fault.TrySetException(e);
        }
    }

    private void Notify(NamespacedName secret)
    {
        List<(SecretReferences References, NamespacedName Owner)> owners;
        lock (_gate)
        {
            owners = _followed.TryGetValue(secret, out FollowedSecret? followed) ? [.. followed.Owners] : [];
        }

        foreach ((SecretReferences references, NamespacedName owner) in owners)
        {
            references.Notify(owner);
        }
    }

    private sealed class FollowedSecret(NamespacedName key, Store<V1Secret> store, Reflector<V1Secret> reflector, CancellationTokenSource stop)
    {
        public HashSet<(SecretReferences References, NamespacedName Owner)> Owners { get; } = [];

        public bool IsStuck => reflector.IsStuck;

        public SecretLookup Look()
        {
            bool synced = reflector.HasSynced;
            store.TryGet(key, out V1Secret? secret);
            return new SecretLookup(synced, secret, reflector.LastError);
        }

        public void Stop()
        {
            stop.Cancel();
            stop.Dispose();
        }
    }
}

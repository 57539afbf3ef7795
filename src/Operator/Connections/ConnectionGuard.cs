using k8s.Models;
using OmniScale.Crds;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>
/// Keeps connection Secrets from vanishing while an object that still has remote work to do refers to them: the Secret carries
/// a finalizer as long as such an object exists.
/// </summary>
internal sealed class ConnectionGuard(KubeClient client, SecretCache secrets, Store<TalosCluster> clusters, Store<MachineClass> classes) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Objects whose remote work is done and whose own finalizer is about to go.</summary>
    private readonly HashSet<string> released = [];

    /// <summary>Puts the finalizer on the Secret that the object uses, and takes it off the one that it used before.</summary>
    public async Task HoldAsync(IOmniScaleObject value, CancellationToken ct)
    {
        await AddAsync(value, ct);
        if (value is not ProxmoxProvider && FormerSecretOf(value) is { } former)
        {
            await gate.WaitAsync(ct);
            try
            {
                await RemoveUnlessHeldAsync(former, but: value.Metadata.Uid, ct);
            }
            finally
            {
                gate.Release();
            }
        }
    }

    /// <summary>
    /// Takes the finalizer off the Secret if no other object needs it. Called before the object's own finalizer goes: a process
    /// that is killed in between comes back here. Once begun it is not cancellable, like the step that it belongs to.
    /// </summary>
    public async Task ReleaseAsync(IOmniScaleObject value, CancellationToken ct)
    {
        if (value is ProxmoxProvider)
        {
            return;
        }

        await gate.WaitAsync(ct);
        try
        {
            released.RemoveWhere(uid => !Holders().Any(h => h.Metadata.Uid == uid));
            released.Add(value.Metadata.Uid);
            await RemoveUnlessHeldAsync(SecretOf(value), but: null, CancellationToken.None);
            if (FormerSecretOf(value) is { } former)
            {
                await RemoveUnlessHeldAsync(former, but: null, CancellationToken.None);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Whether the object cannot have left anything in Omni: it never reached one, and the Secret that it names was not held,
    /// as it is before the first write.
    /// </summary>
    public bool NeverReachedOmni(IOmniScaleObject value) => value.CommonStatus?.Omni is null
        && secrets.Get(SecretOf(value)) is { Synced: true } lookup
        && (lookup.Secret is null || !Finalizers.Has(lookup.Secret, ApiGroup.ConnectionFinalizer));

    public void Dispose() => gate.Dispose();

    private IEnumerable<IOmniScaleObject> Holders() => clusters.List().Cast<IOmniScaleObject>().Concat(classes.List())
        .Where(value => Finalizers.Has(value, ApiGroup.Finalizer));

    private async Task AddAsync(IOmniScaleObject value, CancellationToken ct)
    {
        if (value is ProxmoxProvider || secrets.Get(SecretOf(value)).Secret is not { Metadata.DeletionTimestamp: null } secret
            || Finalizers.Has(secret, ApiGroup.ConnectionFinalizer))
        {
            return;
        }

        await gate.WaitAsync(ct);
        try
        {
            // Another pass may have been faster than the watch that shows it.
            if (await client.FindAsync<V1Secret>(SecretOf(value), ct) is { Metadata.DeletionTimestamp: null } current)
            {
                await Finalizers.AddAsync(client, current, ApiGroup.ConnectionFinalizer, ct);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task RemoveUnlessHeldAsync(NamespacedName key, string? but, CancellationToken ct)
    {
        var held = Holders().Any(h => h.Metadata.Uid != but && !released.Contains(h.Metadata.Uid) && (SecretOf(h) == key || FormerSecretOf(h) == key));
        if (!held && await client.FindAsync<V1Secret>(key, ct) is { } secret)
        {
            await Finalizers.RemoveAsync(client, secret, ApiGroup.ConnectionFinalizer);
        }
    }

    /// <summary>The Secret that led to Omni before the object came to name another one.</summary>
    private static NamespacedName? FormerSecretOf(IOmniScaleObject value) =>
        value.CommonStatus?.Omni?.Secret is { } name && name != value.OmniSecretName ? new(value.Metadata.NamespaceProperty, name) : null;

    private static NamespacedName SecretOf(IOmniScaleObject value) => new(value.Metadata.NamespaceProperty, value.OmniSecretName);
}

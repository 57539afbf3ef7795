using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Operator.Connections;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers;

/// <summary>What every reconciler works with.</summary>
internal sealed record ReconcilerServices(
    KubeClient Client, EventRecorder Events, OmniLinks Links, ConnectionGuard Guard, ClusterIdentity Identity, TimeProvider Time, ILoggerFactory Loggers);

/// <summary>
/// The reading order of every reconciler: get; say that the work begins; finalizer missing? add it and return; being deleted?
/// let the kind decide; else run the steps until one sets the outcome; then write the status once, tell the transitions, and
/// let the outcome say when to look again. Steps record facts: none writes a status, emits an event or logs an error.
/// </summary>
internal abstract class Reconciler<T, TFacts>(ReconcilerServices services, Store<T> store) : IEntityController<T>
    where T : class, IOmniScaleObject
    where TFacts : PassFacts, new()
{
    private readonly StatusWriter<T> writer = new(services.Client, services.Time, store);
    private readonly ILogger logger = services.Loggers.CreateLogger<T>();

    protected ReconcilerServices Services => services;

    protected Store<T> Store => store;

    /// <summary>In order; the first that sets <see cref="PassFacts.Outcome"/> ends the pass.</summary>
    protected abstract IReadOnlyList<Func<Pass<T, TFacts>, CancellationToken, Task>> Steps { get; }

    /// <summary>Does the next thing on the way to letting the object go.</summary>
    /// <returns>Whether nothing is left to do: the finalizer is removed then.</returns>
    protected abstract Task<bool> DeleteAsync(Pass<T, TFacts> pass, CancellationToken ct);

    /// <summary>The status that follows from the facts, and the outcome that it shows.</summary>
    protected abstract (CommonStatus Status, Outcome Outcome) Compute(T value, TFacts facts);

    /// <summary>The Secrets that the object refers to beside its connection Secret.</summary>
    protected virtual IEnumerable<NamespacedName> OtherSecrets(T value) => [];

    /// <summary>The object is gone: drop what is kept for it in memory.</summary>
    protected virtual void Forget(NamespacedName key) => services.Links.Close<T>(key);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (!store.TryGet(key, out var value))
        {
            Forget(key);
            return ReconcileResult.Done;
        }

        services.Links.Refer(value, OtherSecrets(value));
        var deleting = value.Metadata.DeletionTimestamp is not null;
        if (deleting && !Finalizers.Has(value, ApiGroup.Finalizer))
        {
            return ReconcileResult.Done;
        }

        var before = value.CommonStatus?.Conditions;
        if (!deleting && !IsAnnounced(value))
        {
            value = await writer.WriteAsync(value, Announcement(value), ct);
            if (value is null)
            {
                return ReconcileResult.Done;
            }
        }

        if (!deleting && !Finalizers.Has(value, ApiGroup.Finalizer))
        {
            await Finalizers.AddAsync(services.Client, value, ApiGroup.Finalizer, ct, store);
            return ReconcileResult.Done;
        }

        var pass = new Pass<T, TFacts>(value, new TFacts());
        if (await RunAsync(pass, deleting, ct))
        {
            await services.Guard.ReleaseAsync(value, ct);
            await Finalizers.RemoveAsync(services.Client, value, ApiGroup.Finalizer, store);
            Forget(key);
            return ReconcileResult.Done;
        }

        // An answer is still out, and brings another pass; it may well be what the status says already.
        if (pass.IsConnecting)
        {
            return pass.ConnectLimit is { } limit ? ReconcileResult.After(limit) : ReconcileResult.Done;
        }

        var (status, outcome) = Compute(value, pass.Facts);
        // What follows from the spec alone is never too early.
        pass.IsTooEarly &= outcome.Kind != OutcomeKind.Stalled;
        if (pass.IsTooEarly)
        {
            var told = value.CommonStatus;
            status = status with { Conditions = told?.Conditions, ObservedGeneration = told?.ObservedGeneration, LastHandledReconcileAt = told?.LastHandledReconcileAt };
        }

        if (await writer.WriteAsync(value, (T)value.WithStatus(status), ct) is { } written && !pass.IsTooEarly)
        {
            Tell(written, Transitions.Between(before, written.CommonStatus?.Conditions));
        }

        return outcome switch
        {
            { Kind: OutcomeKind.Retry } => ReconcileResult.Retry,
            _ when pass.MustRetry => ReconcileResult.Retry,
            { After: { } delay } when !(pass.LookAgainAfter < delay) => ReconcileResult.After(delay),
            _ when pass.LookAgainAfter is { } delay => ReconcileResult.After(delay),
            _ => ReconcileResult.Done,
        };
    }

    /// <returns>Whether a deletion is complete.</returns>
    private async Task<bool> RunAsync(Pass<T, TFacts> pass, bool deleting, CancellationToken ct)
    {
        try
        {
            var isGone = deleting && await DeleteAsync(pass, ct);
            foreach (var step in deleting ? [] : Steps)
            {
                await step(pass, ct);
                if (pass.Facts.Outcome is not null)
                {
                    break;
                }
            }

            services.Links.Answered<T>(pass.Key);
            return isGone;
        }
        catch (OmniException e) when (e.IsConnectionFailure)
        {
            var finding = services.Links.FindingOf<T>(pass.Key, e);
            pass.IsTooEarly = finding is null;
            pass.MustRetry = pass.Facts.Outcome is { Kind: OutcomeKind.Waiting };
            OmniFailures.Record(pass.Facts, finding ?? OmniFailures.Reachable(e));
        }
        catch (OmniException e)
        {
            services.Links.Answered<T>(pass.Key);
            pass.MustRetry = pass.Facts.Outcome is { Kind: OutcomeKind.Waiting };
            OmniFailures.Record(pass.Facts, e);
        }
        // What fails at the API server itself cannot be told there either: the controller logs it and tries again.
        catch (Exception e) when (e is not (OperationCanceledException or ApiException or TimeoutException or HttpRequestException or IOException))
        {
            logger.LogError(e, "Trying again later, a step failed unexpectedly");
            pass.Facts.Outcome = Outcome.Retry(CommonReasons.InternalError, $"the operator failed unexpectedly ({e.GetType().Name}); its log says more");
        }

        return false;
    }

    /// <summary>Opens the way to Omni and records how it stands.</summary>
    /// <returns>Whether it can be used; if not, the outcome says why.</returns>
    protected async Task<bool> OpenOmniAsync(Pass<T, TFacts> pass, CancellationToken ct)
    {
        var link = services.Links.Open(pass.Object);
        pass.Facts.OmniReachable = link.Reachable;
        pass.IsConnecting |= link.IsConnecting;
        pass.ConnectLimit = link.RecheckAfter;
        if (link.Changed is { } changed)
        {
            pass.Facts.Outcome = Outcome.Stalled(CommonReasons.OmniChanged, changed);
            return false;
        }

        if (!link.IsUsable)
        {
            pass.IsTooEarly = link.UntilTurn > TimeSpan.Zero;
            pass.LookAgainAfter = pass.IsTooEarly ? link.UntilTurn : pass.LookAgainAfter;
            pass.Facts.Outcome = Outcome.Waiting(link.Reachable.Reason, link.Reachable.Message, link.RecheckAfter);
            return false;
        }

        pass.Facts.Binding = link.Binding;
        pass.Omni = link;
        await services.Guard.HoldAsync(pass.Object, ct);
        return true;
    }

    protected Task OpenOmniStepAsync(Pass<T, TFacts> pass, CancellationToken ct) => OpenOmniAsync(pass, ct);

    /// <summary>Whether the object cannot have left anything in Omni, so that it may go without one that cannot be reached.</summary>
    protected bool NeverReachedOmni(Pass<T, TFacts> pass) => !pass.IsConnecting && services.Guard.NeverReachedOmni(pass.Object);

    protected Owner OwnerOf(IOmniScaleObject value) => new(services.Identity.Id, value.Metadata.NamespaceProperty, value.Metadata.Name);

    /// <summary>Whether the status already speaks of this generation and of this request to reconcile.</summary>
    private static bool IsAnnounced(T value) =>
        value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == CommonConditions.Ready)?.ObservedGeneration == value.Metadata.Generation;

    /// <summary>A status that says that work on this generation begins, without attesting that it was considered.</summary>
    private T Announcement(T value)
    {
        var facts = new TFacts { Outcome = Outcome.Waiting(CommonReasons.Progressing, "the operator begins to work on this version of the object") };
        return (T)value.WithStatus(Compute(value, facts).Status with
        {
            ObservedGeneration = value.CommonStatus?.ObservedGeneration,
            LastHandledReconcileAt = value.CommonStatus?.LastHandledReconcileAt,
        });
    }

    private void Tell(T value, IEnumerable<Transition> transitions)
    {
        foreach (var transition in transitions)
        {
            if (transition.IsWarning)
            {
                services.Events.Warning(value, transition.Reason, transition.Message);
            }
            else
            {
                services.Events.Normal(value, transition.Reason, transition.Message);
            }
        }
    }
}

using Google.Protobuf;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Omni.Api;
using OmniScale.Operator.Connections;

namespace OmniScale.Operator.Controllers;

/// <summary>Deletion and letting go, for every type of resource.</summary>
internal static class OmniDeletion
{
    /// <summary>An orphaning may not wait for Omni: what is not marked by then stays as it is.</summary>
    private static readonly TimeSpan OrphaningLimit = TimeSpan.FromSeconds(10);

    private const int ReleaseAttempts = 5;
    private static readonly TimeSpan ReleasePause = TimeSpan.FromMilliseconds(200);

    /// <summary>Marks a resource for deletion, or removes it when nothing holds it any more. Being gone already is success.</summary>
    public static async Task StepAsync(IOmniState omni, OmniResource resource, CancellationToken ct)
    {
        try
        {
            var ready = resource.IsTearingDown ? resource.Metadata.Finalizers.Count == 0 : await omni.TeardownAsync(resource.Type, resource.Id, ct);
            if (ready)
            {
                await omni.DestroyAsync(resource.Type, resource.Id, ct);
            }
        }
        catch (OmniException e) when (e.Kind is OmniError.NotFound or OmniError.HasFinalizers)
        {
            // Gone, or a controller took hold of it meanwhile: the watch tells, and the next pass goes on.
        }
    }

    /// <summary>
    /// Asks Omni itself whether it has nothing of the owner under a name that the cache does not know: a creation may have been stored
    /// whose answer was lost, and whose event is still to come. If so, the outcome says that it is waited for. What a watch said is gone is
    /// still read for a moment.
    /// </summary>
    public static async Task<bool> IsGoneAsync<T, TFacts, TSpec>(
        Pass<T, TFacts> pass, ResourceType<TSpec> type, string id, Owner owner, TimeProvider time, CancellationToken ct)
        where T : class, IOmniScaleObject
        where TFacts : PassFacts
        where TSpec : class, IMessage<TSpec>, new()
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await pass.Omni.State.GetAsync(type, id, ct) is not { } there || owner.Judge(there.Metadata) != Ownership.Ours)
            {
                return true;
            }

            if (attempt == ReadLag.Pauses.Length)
            {
                pass.Facts.Outcome = Outcome.Retry(
                    CommonReasons.Deleting,
                    there.IsTearingDown ? $"Omni is removing what is left of {there}" : $"{there} was made in Omni, whose news of it is waited for");
                return false;
            }

            await Task.Delay(ReadLag.Pauses[attempt], time, ct);
        }
    }

    /// <summary>Takes the owner's marks off, in one bounded attempt.</summary>
    /// <returns>Null when all were let go of; else what stood in the way first.</returns>
    public static async Task<string?> ReleaseAsync(OmniLink omni, IEnumerable<OmniResource> resources, TimeProvider time, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(OrphaningLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        string? failure = null;
        try
        {
            foreach (var resource in resources)
            {
                try
                {
                    await ReleaseAsync(omni, resource, time, either.Token);
                }
                catch (OmniException e) when (!e.IsConnectionFailure)
                {
                    failure ??= $"{resource}: {e.Message}";
                }
            }

            return failure;
        }
        catch (OmniException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return "Omni did not answer in time";
        }
    }

    /// <summary>
    /// Omni's controllers write to the same resources: after a conflict the watch brings what they wrote. And a connection that breaks is not
    /// yet an Omni that is away: half of a cluster's parts with the marks of a living owner would be in everybody's way.
    /// </summary>
    private static async Task ReleaseAsync(OmniLink omni, OmniResource resource, TimeProvider time, CancellationToken ct)
    {
        for (var attempt = 1; omni.Cache.Find(resource.Type, resource.Id) is { } current && !Owner.IsReleased(current.Metadata); attempt++)
        {
            try
            {
                await omni.State.UpdateAsync(ResourceDiff.Release(current, time.GetUtcNow()), ct);
                return;
            }
            catch (OmniException e) when (e.Kind == OmniError.NotFound)
            {
                return;
            }
            catch (OmniException e) when (e.Kind is OmniError.VersionConflict or OmniError.Unavailable && attempt < ReleaseAttempts)
            {
                await Task.Delay(ReleasePause, time, ct);
            }
        }
    }
}

using OmniScale.Core;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Controllers.TalosClusters;

/// <summary>Carries a plan out: a takeover, creations, updates, then deletions, so that a cluster grows before it shrinks.</summary>
internal static class ClusterSync
{
    public static async Task ApplyAsync(Pass<TalosCluster, ClusterFacts> pass, ClusterPlan plan, TimeProvider time, CancellationToken ct)
    {
        var (facts, omni) = (pass.Facts, pass.Omni.State);
        var isNew = false;
        if (plan.Takeover is { } takeover)
        {
            await WriteAsync(facts, takeover, () => omni.UpdateAsync(takeover, ct));
        }

        foreach (var resource in plan.Creates)
        {
            await WriteAsync(facts, resource, () => isNew ? PatientlyAsync(() => omni.CreateAsync(resource, ct), time, ct) : omni.CreateAsync(resource, ct));
            if (resource.Type == ResourceTypes.Clusters)
            {
                // Known at once: a cluster that is deleted by another hand from now on is not built anew.
                facts.CreatedInOmni = Created(pass);
                isNew = true;
            }
        }

        foreach (var resource in plan.Updates.Where(r => r != plan.Takeover))
        {
            await WriteAsync(facts, resource, () => omni.UpdateAsync(resource, ct));
        }

        foreach (var resource in plan.Deletes)
        {
            await WriteAsync(facts, resource, () => OmniDeletion.StepAsync(omni, resource, ct));
        }

        facts.CreatedInOmni = Created(pass);
        facts.ConfigurationValid = Finding.True(TalosClusterReasons.Valid, "Omni accepts the configuration");
        var leaving = plan.Deletes.Where(r => pass.Omni.Cache.Find(r.Type, r.Id) is { IsTearingDown: true });
        Conclude(facts, plan, [.. plan.Awaited.Concat(leaving).DistinctBy(r => (r.Type, r.Id))]);
    }

    private static void Conclude(ClusterFacts facts, ClusterPlan plan, List<OmniResource> awaited)
    {
        if (plan.UnconfirmedRemovals.Count > 0)
        {
            var names = string.Join(",", plan.UnconfirmedRemovals);
            facts.Synced = Finding.False(TalosClusterReasons.RemovalNotConfirmed,
                $"worker sets {names} are no longer in the spec; removing them wipes their machines. Confirm with the annotation {UserAnnotations.ConfirmRemoval}={names}, or put them back");
            facts.Outcome = Outcome.Stalled(facts.Synced.Reason, facts.Synced.Message);
        }
        else if (awaited.Count > 0)
        {
            facts.Synced = Finding.False(CommonReasons.Progressing, $"waiting for Omni to remove {string.Join(", ", awaited.Take(3).Select(r => r.Id))}");
            facts.Outcome = Outcome.Waiting(CommonReasons.Progressing, facts.Synced.Message);
        }
        else
        {
            facts.Synced = Finding.True(CommonReasons.Succeeded, "Omni holds what the spec describes");
        }
    }

    /// <summary>
    /// Names the resource that a rejection is about. Of the parts, one is refused as well while Omni does not see yet that its
    /// cluster was made, or still sees what is on its way out.
    /// </summary>
    private static async Task WriteAsync(ClusterFacts facts, OmniResource resource, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (OmniException e) when (e.Kind == OmniError.ValidationFailed)
        {
            if (resource.Type != ResourceTypes.Clusters && OmniFailures.IsPassing(e))
            {
                facts.Synced = Finding.False(CommonReasons.Progressing, $"Omni cannot take {resource} yet: {e.Message}");
                facts.Outcome = Outcome.Retry(CommonReasons.Progressing, facts.Synced.Message);
                throw;
            }

            var words = $"{resource.Type.Name.Split('.')[0]}/{resource.Id}: Omni rejects it: {e.Message}";
            facts.ConfigurationValid = Finding.False(CommonReasons.RejectedByOmni, words);
            facts.Synced = Finding.False(CommonReasons.RejectedByOmni, words);
            facts.Outcome = OmniFailures.Rejected(words);
            throw;
        }
    }

    /// <summary>Omni checks the parts of a cluster against reads that do not show the cluster itself at once.</summary>
    private static async Task PatientlyAsync(Func<Task> write, TimeProvider time, CancellationToken ct)
    {
        foreach (var delay in ReadLag.Pauses)
        {
            try
            {
                await write();
                return;
            }
            catch (OmniException e) when (OmniFailures.IsPassing(e))
            {
                await Task.Delay(delay, time, ct);
            }
        }

        await write();
    }

    private static DateTime? Created(Pass<TalosCluster, ClusterFacts> pass) =>
        pass.Omni.Cache.Find(ResourceTypes.Clusters, pass.Object.ClusterName)?.Metadata.Created?.ToDateTime() is { } time
            ? new DateTime(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc)
            : null;
}

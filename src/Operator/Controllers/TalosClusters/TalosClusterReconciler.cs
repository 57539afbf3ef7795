using OmniScale.Core;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.TalosClusters;

/// <summary>Brings a cluster in Omni in line with a TalosCluster, and mirrors what Omni says of it.</summary>
internal sealed class TalosClusterReconciler(ReconcilerServices services, Store<TalosCluster> store, Store<MachineClass> classes)
    : Reconciler<TalosCluster, ClusterFacts>(services, store)
{
    protected override IReadOnlyList<Func<Pass<TalosCluster, ClusterFacts>, CancellationToken, Task>> Steps =>
        [OpenOmniStepAsync, ObserveAsync, ResolveClassesAsync, SyncAsync];

    protected override (CommonStatus Status, Outcome Outcome) Compute(TalosCluster value, ClusterFacts facts) => ClusterStatusCalculator.Compute(value, facts);

    protected override async Task<bool> DeleteAsync(Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct) =>
        pass.Object.Spec.DeletionPolicy == DeletionPolicy.Orphan
            ? await ClusterDeletion.OrphanAsync(this, pass, ct)
            : await ClusterDeletion.TearDownAsync(this, pass, ct);

    internal Task<bool> OpenAsync(Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct) => OpenOmniAsync(pass, ct);

    internal bool MayGoWithoutOmni(Pass<TalosCluster, ClusterFacts> pass) => NeverReachedOmni(pass);

    internal Owner Owner(TalosCluster cluster) => OwnerOf(cluster);

    internal TimeProvider Time => Services.Time;

    internal void TellOrphaned(TalosCluster cluster, string? failure)
    {
        if (failure is null)
        {
            Services.Events.Normal(cluster, CommonReasons.Orphaned, $"let go of cluster {cluster.ClusterName}: it stays in Omni as it is");
        }
        else
        {
            Services.Events.Warning(cluster, CommonReasons.Orphaned, $"let go of cluster {cluster.ClusterName} without marking it in Omni: {failure}");
        }
    }

    /// <summary>Reads what Omni says of the cluster from the caches. Records it even when a later step cannot go on.</summary>
    private static Task ObserveAsync(Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct)
    {
        pass.Facts.Observation = ClusterReader.Observe(pass.Omni.Cache, pass.Object.ClusterName);
        return Task.CompletedTask;
    }

    /// <summary>Finds out what the machine classes of the spec are called in Omni, and whether they are there. Records MachineClassesReady.</summary>
    private Task ResolveClassesAsync(Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct)
    {
        var external = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in ClassNames(pass.Object.Spec))
        {
            var found = classes.TryGet(new(pass.Key.Namespace, name), out var machineClass);
            var stored = pass.Omni.Cache.Find(ResourceTypes.MachineClasses, found ? machineClass!.OmniName : name);
            if (found && (stored is null || OwnerOf(machineClass!).Judge(stored.Metadata) != Ownership.Ours))
            {
                var why = machineClass!.Status?.Conditions?.FirstOrDefault(c => c.Type == CommonConditions.Ready)?.Message;
                return Missing(TalosClusterReasons.ClassNotReady, $"MachineClass {name} is not in Omni yet{(why is null ? "" : ": " + why)}");
            }

            if (!found && stored is null)
            {
                return Missing(TalosClusterReasons.ClassNotFound, $"there is no MachineClass {name} in namespace {pass.Key.Namespace}, and no class of that name in Omni");
            }

            if (!found)
            {
                external.Add(name);
            }
        }

        pass.Facts.MachineClassesReady = external.Count == 0
            ? Finding.True(TalosClusterReasons.ClassesReady, "every machine class is in Omni")
            : Finding.True(TalosClusterReasons.External, $"not managed here, but in Omni: {string.Join(", ", external)}");
        return Task.CompletedTask;

        Task Missing(string reason, string message)
        {
            pass.Facts.MachineClassesReady = Finding.False(reason, message);
            pass.Facts.Synced = Finding.False(CommonReasons.DependencyNotReady, message);
            pass.Facts.Outcome = Outcome.Waiting(reason, message);
            return Task.CompletedTask;
        }
    }

    /// <summary>Renders the spec, compares it with Omni and writes what differs. Records ConfigurationValid, Synced and the cluster's creation.</summary>
    private async Task SyncAsync(Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct)
    {
        var (cluster, facts, cache) = (pass.Object, pass.Facts, pass.Omni.Cache);
        var stored = ClusterReader.Read(cache, cluster.ClusterName);
        if (ClusterGate.Judge(cluster, stored, OwnerOf(cluster)) is { } refusal)
        {
            facts.Synced = Finding.False(refusal.Reason, refusal.Message);
            facts.Outcome = refusal;
            if (ClusterGate.IsLeftBehind(cluster, stored, OwnerOf(cluster)))
            {
                await OmniDeletion.StepAsync(pass.Omni.State, stored.Cluster!, ct);
            }

            return;
        }

        ClusterPlan plan;
        try
        {
            var wanted = ClusterRenderer.Render(cluster, OwnerOf(cluster), name => OmniName(pass.Key.Namespace, name),
                id => (cache.Find(ResourceTypes.MachineSets, id))?.Spec);
            plan = ClusterPlanner.Plan(cluster.ClusterName, wanted, stored, OwnerOf(cluster), cluster.Spec.AdoptionPolicy, ConfirmedRemovals(cluster));
        }
        catch (InvalidSpecException e)
        {
            facts.ConfigurationValid = Finding.False(CommonReasons.InvalidSpec, e.Message);
            facts.Outcome = Outcome.Stalled(CommonReasons.InvalidSpec, e.Message);
            return;
        }

        if (plan.Conflict is { } conflict)
        {
            facts.Synced = Finding.False(CommonReasons.NameConflict, conflict);
            facts.Outcome = Outcome.Stalled(CommonReasons.NameConflict, conflict);
            return;
        }

        if (ClusterGate.JudgeLock(cluster, stored, plan) is { } locked)
        {
            facts.Synced = Finding.False(locked.Reason, locked.Message);
            facts.Outcome = locked;
            return;
        }

        if (cluster.Spec.Suspend && plan.ChangeCount > 0)
        {
            facts.Synced = Finding.False(CommonReasons.Suspended, $"suspended; waiting to {plan.Describe()}");
            facts.Outcome = Outcome.Suspended(facts.Synced.Message);
            return;
        }

        await ClusterSync.ApplyAsync(pass, plan, Time, ct);
    }

    private string OmniName(string @namespace, string className) =>
        classes.TryGet(new(@namespace, className), out var machineClass) ? machineClass.OmniName : className;

    private static IEnumerable<string> ClassNames(TalosClusterSpec spec) =>
        TalosClusterIndexes.ClassNames(spec).Distinct(StringComparer.Ordinal);

    private static HashSet<string> ConfirmedRemovals(TalosCluster cluster) =>
        cluster.Metadata.Annotations?.TryGetValue(UserAnnotations.ConfirmRemoval, out var names) == true
            ? [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
            : [];
}

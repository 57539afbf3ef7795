using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using Phase = OmniScale.Omni.Api.Specs.KubernetesUpgradeStatusSpec.Types.Phase;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Rolls a new Kubernetes version out: images first, then one machine after another.</summary>
internal sealed class KubernetesUpgrades(ControllerContext context)
{
    private const string Owner = "KubernetesUpgradeStatusController";

    public void Reconcile()
    {
        foreach (var cluster in context.List(KnownTypes.Clusters).Where(cluster => !cluster.IsTearingDown))
        {
            if (context.Find(KnownTypes.ClusterStatuses, cluster.Id) is not null)
                Upgrade(cluster);
        }
    }

    private void Upgrade(StoredResource cluster)
    {
        var target = cluster.SpecAs<ClusterSpec>().KubernetesVersion;
        var known = context.Find(KnownTypes.KubernetesUpgradeStatuses, cluster.Id)?.SpecAs<KubernetesUpgradeStatusSpec>();
        var last = known is { LastUpgradeVersion.Length: > 0 } ? known.LastUpgradeVersion : target;
        var running = Upgrades.Members(context, cluster).Where(entry => entry.Machine.Stage == Stage.Running).ToList();
        var pending = running.Where(entry => entry.Machine.KubernetesVersion != target).ToList();
        var open = pending.Where(entry => !Upgrades.IsLocked(context, entry.Member)).ToList();

        var (status, step) = ("", "");
        if (pending.Count > 0 && open.Count == 0)
        {
            (status, step) = ("waiting for machines to be unlocked", "all machines are locked");
        }
        else if (open.Count > 0 && known?.Phase is not (Phase.Upgrading or Phase.Reverting))
        {
            status = $"pre-pulling images (0/{running.Count})";
        }
        else if (open.Count > 0 && !context.Delays.Elapsed($"pull/{cluster.Id}/{target}", Durations.PullImages))
        {
            status = $"pre-pulling images (0/{running.Count})";
        }
        else if (open.Count > 0)
        {
            var machine = open[0].Machine;
            (status, step) = ("waiting for a restart", $"{machine.Hostname}: updating kubelet to {target}");
            if (context.Delays.Elapsed($"restart/{machine.Uuid}/{target}", Durations.RestartComponents))
                machine.KubernetesVersion = target;
        }

        var phase = (pending.Count > 0, last == target) switch
        {
            (false, _) => Phase.Done,
            (true, true) => Phase.Reverting,
            _ => Phase.Upgrading,
        };
        context.Ensure<KubernetesUpgradeStatusSpec>(KnownTypes.KubernetesUpgradeStatuses, cluster.Id, Owner, spec =>
        {
            spec.Phase = phase;
            spec.LastUpgradeVersion = phase == Phase.Done ? target : last;
            spec.CurrentUpgradeVersion = phase == Phase.Upgrading ? target : "";
            (spec.Status, spec.Step) = (status, step);
            spec.UpgradeVersions.Clear();
            if (phase == Phase.Done)
                spec.UpgradeVersions.AddRange(UpgradePaths.Kubernetes(context, target));
        },
        [new(OmniLabels.Cluster, cluster.Id)]);
    }
}

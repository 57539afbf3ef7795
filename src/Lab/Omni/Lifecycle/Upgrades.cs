using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using TalosPhase = OmniScale.Omni.Api.Specs.TalosUpgradeStatusSpec.Types.Phase;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Rolls what a cluster wants out to its running machines: Talos with its extensions, then configuration.</summary>
internal sealed class Upgrades(ControllerContext context, DesiredState desired)
{
    private const string Owner = "TalosUpgradeStatusController";

    public void Reconcile()
    {
        foreach (var cluster in context.List(KnownTypes.Clusters).Where(cluster => !cluster.IsTearingDown))
        {
            if (context.Find(KnownTypes.ClusterStatuses, cluster.Id) is null)
                continue;
            var members = Members(context, cluster).ToList();
            Talos(cluster, members);
            Configure(members);
        }
    }

    /// <summary>The machines of a cluster, control planes first.</summary>
    public static IEnumerable<(StoredResource Member, SimMachine Machine)> Members(ControllerContext context, StoredResource cluster) =>
        from member in context.With(KnownTypes.ClusterMachines, OmniLabels.Cluster, cluster.Id)
        where context.World.Machines.ContainsKey(member.Id)
        orderby ControllerContext.IsControlPlane(member) descending, member.Id
        select (member, context.World.Machines[member.Id]);

    public static bool IsLocked(ControllerContext context, StoredResource member) =>
        context.Find(KnownTypes.MachineSetNodes, member.Id)?.Metadata.Annotations.ContainsKey(OmniAnnotations.Locked) == true;

    private void Talos(StoredResource cluster, List<(StoredResource Member, SimMachine Machine)> members)
    {
        var target = cluster.SpecAs<ClusterSpec>().TalosVersion;
        var status = context.Find(KnownTypes.TalosUpgradeStatuses, cluster.Id)?.SpecAs<TalosUpgradeStatusSpec>();
        var last = status is { LastUpgradeVersion.Length: > 0 } ? status.LastUpgradeVersion : target;

        foreach (var (member, machine) in members)
            Continue(member, machine);
        var installed = members.Where(entry => entry.Machine.Stage is Stage.Running or Stage.Upgrading or Stage.Rebooting).ToList();
        var pending = installed.Where(entry => !IsCurrent(entry.Member, entry.Machine)).ToList();
        var open = pending.Where(entry => !IsLocked(context, entry.Member)).ToList();
        var isHealthy = installed.TrueForAll(entry => entry.Machine.Trouble is null);
        if (isHealthy && !installed.Exists(entry => IsUpgrading(entry.Machine)) &&
            open.Find(entry => entry.Machine.Stage == Stage.Running) is { Machine: { } next })
        {
            next.Stage = Stage.Upgrading;
        }

        var current = installed.Where(entry => entry.Machine.Stage is Stage.Upgrading or Stage.Rebooting).Select(entry => entry.Machine.Hostname).ToList();
        var phase = (pending.Count > 0, last == target) switch
        {
            (false, _) => TalosPhase.Done,
            (true, false) => TalosPhase.Upgrading,
            _ when pending.Exists(entry => entry.Machine.TalosVersion != target) => TalosPhase.Reverting,
            _ => TalosPhase.UpdatingMachineSchematics,
        };
        context.Ensure<TalosUpgradeStatusSpec>(KnownTypes.TalosUpgradeStatuses, cluster.Id, Owner, spec =>
        {
            spec.Phase = phase;
            spec.LastUpgradeVersion = phase == TalosPhase.Done ? target : last;
            spec.CurrentUpgradeVersion = phase == TalosPhase.Upgrading ? target : "";
            spec.Status = phase switch
            {
                TalosPhase.Done => "",
                _ when open.Count == 0 => "waiting for machines to be unlocked",
                TalosPhase.Reverting => $"reverting update {installed.Count - pending.Count + 1}/{installed.Count}",
                _ => $"updating machines {installed.Count - pending.Count + 1}/{installed.Count}",
            };
            spec.Step = phase switch
            {
                TalosPhase.Done => "",
                _ when open.Count == 0 => "all machines are locked",
                _ when !isHealthy => "waiting for the cluster to be ready",
                _ when current.Count == 0 => "no machines are currently upgrading",
                _ => $"current machine(s): {string.Join(", ", current)}",
            };
            spec.UpgradeVersions.Clear();
            if (phase == TalosPhase.Done)
                spec.UpgradeVersions.AddRange(UpgradePaths.Talos(context, target));
        },
        [new(OmniLabels.Cluster, cluster.Id)]);
    }

    private bool IsCurrent(StoredResource member, SimMachine machine) =>
        machine.TalosVersion == desired.TalosVersion(member) &&
        machine.Extensions.SequenceEqual(desired.Extensions(member)) &&
        machine.Stage == Stage.Running;

    /// <summary>Whether a machine is upgrading, or was when users last heard of it: they are never to see two at once.</summary>
    private bool IsUpgrading(SimMachine machine) =>
        machine.Stage is Stage.Upgrading or Stage.Rebooting ||
        context.Find(KnownTypes.ClusterMachineStatuses, machine.Uuid)?.SpecAs<ClusterMachineStatusSpec>().Stage is Stage.Upgrading or Stage.Rebooting;

    private void Continue(StoredResource member, SimMachine machine)
    {
        switch (machine.Stage)
        {
            case Stage.Upgrading when context.Delays.Elapsed($"upgrading/{machine.Uuid}", Durations.Upgrade):
                machine.TalosVersion = desired.TalosVersion(member);
                machine.Extensions = desired.Extensions(member);
                machine.Stage = Stage.Rebooting;
                break;
            case Stage.Rebooting when context.Delays.Elapsed($"rebooting/{machine.Uuid}", Durations.Reboot):
                machine.Stage = Stage.Running;
                break;
        }
    }

    /// <summary>Applies changed patches. A set that rolls its updates out takes them one after another.</summary>
    private void Configure(List<(StoredResource Member, SimMachine Machine)> members)
    {
        foreach (var set in members.Where(entry => entry.Machine.Stage == Stage.Running).GroupBy(entry => entry.Member.Label(OmniLabels.MachineSet)))
        {
            var spec = context.Find(KnownTypes.MachineSets, set.Key ?? "")?.SpecAs<MachineSetSpec>();
            var parallel = spec?.UpdateStrategy == MachineSetSpec.Types.UpdateStrategy.Rolling
                ? Math.Max(1, (int)(spec.UpdateStrategyConfig?.Rolling?.MaxParallelism ?? 1))
                : int.MaxValue;
            // A change that was taken back before it was applied is none.
            foreach (var (_, machine) in set.Where(entry => entry.Machine.ConfigHash == desired.ConfigHash(entry.Member)))
                machine.ConfigStatus = ConfigApplyStatus.Applied;
            var outdated = set
                .Where(entry => entry.Machine.ConfigHash != desired.ConfigHash(entry.Member) && !IsLocked(context, entry.Member))
                .OrderByDescending(entry => entry.Machine.ConfigStatus == ConfigApplyStatus.Pending)
                .Take(parallel);
            foreach (var (member, machine) in outdated)
            {
                var hash = desired.ConfigHash(member);
                machine.ConfigStatus = ConfigApplyStatus.Pending;
                if (machine.Trouble is { ConfigError.Length: > 0 } || !context.Delays.Elapsed($"apply/{machine.Uuid}/{hash}", Durations.ApplyConfig))
                    continue;
                machine.ConfigHash = hash;
                machine.ConfigStatus = ConfigApplyStatus.Applied;
            }
        }
    }
}

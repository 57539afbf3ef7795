using Google.Protobuf;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Machines as members of clusters: they join when their node appears, are installed, and are reset when it goes.</summary>
internal sealed class ClusterMachines(ControllerContext context, DesiredState desired)
{
    private const string Owner = "MachineSetStatusController";
    private const string StatusOwner = "ClusterMachineStatusController";

    public void Reconcile()
    {
        foreach (var node in context.List(KnownTypes.MachineSetNodes))
        {
            var set = context.Find(KnownTypes.MachineSets, node.Label(OmniLabels.MachineSet) ?? "");
            if (node.IsTearingDown || set is null or { IsTearingDown: true })
                continue;
            context.AddFinalizer(node, Owner);
            context.AddFinalizer(set, Owner);
            // A machine that is not there is waited for.
            if (context.World.Machines.TryGetValue(node.Id, out var machine))
                Join(set, machine);
        }

        foreach (var member in context.List(KnownTypes.ClusterMachines))
            Follow(member);
        foreach (var node in context.List(KnownTypes.MachineSetNodes).Where(node => node.IsTearingDown))
        {
            if (context.Find(KnownTypes.ClusterMachines, node.Id) is null)
                context.RemoveFinalizer(node, Owner);
        }
    }

    private void Join(StoredResource set, SimMachine machine)
    {
        if (context.Find(KnownTypes.ClusterMachines, machine.Uuid) is null)
        {
            machine.Stage = Stage.Booting;
            machine.ConfigStatus = ConfigApplyStatus.Pending;
            machine.ConfigHash = "";
        }

        context.EnsureOpaque(KnownTypes.ClusterMachines, machine.Uuid, Owner, ByteString.Empty, ControllerContext.SetLabels(set));
    }

    private void Follow(StoredResource member)
    {
        var node = context.Find(KnownTypes.MachineSetNodes, member.Id);
        var leaves = node is null or { IsTearingDown: true };
        if (!context.World.Machines.TryGetValue(member.Id, out var machine))
        {
            if (leaves)
                Remove(member.Id);
            return;
        }

        if (leaves)
            Leave(machine);
        else
            Install(member, machine);
        if (context.Find(KnownTypes.ClusterMachines, member.Id) is not null)
            Describe(member, machine);
    }

    private void Install(StoredResource member, SimMachine machine)
    {
        switch (machine.Stage)
        {
            case Stage.Booting when context.Delays.Elapsed($"booting/{machine.Uuid}", Durations.Booting):
                machine.Stage = Stage.Installing;
                break;
            case Stage.Installing when context.Delays.Elapsed($"installing/{machine.Uuid}", Durations.Installing):
                // The installer writes what the cluster wants, so a new member needs no upgrade.
                machine.TalosVersion = desired.TalosVersion(member);
                machine.KubernetesVersion = desired.KubernetesVersion(member);
                machine.Extensions = desired.Extensions(member);
                machine.Stage = Stage.Configuring;
                break;
            case Stage.Configuring when CanStart(member) && machine.Trouble is not { ConfigError.Length: > 0 } &&
                context.Delays.Elapsed($"configuring/{machine.Uuid}", Durations.Configuring):
                machine.ConfigHash = desired.ConfigHash(member);
                machine.ConfigStatus = ConfigApplyStatus.Applied;
                machine.Stage = Stage.Running;
                break;
        }
    }

    /// <summary>Workers wait for an API server to join.</summary>
    private bool CanStart(StoredResource member) =>
        ControllerContext.IsControlPlane(member) ||
        context.Find(KnownTypes.LoadBalancerStatuses, member.Label(OmniLabels.Cluster)!)?.SpecAs<LoadBalancerStatusSpec>().Healthy == true;

    private void Leave(SimMachine machine)
    {
        switch (machine.Stage)
        {
            case Stage.BeforeDestroy when context.Delays.Elapsed($"before-destroy/{machine.Uuid}", Durations.BeforeDestroy):
                machine.Stage = Stage.Destroying;
                break;
            case Stage.Destroying when context.Delays.Elapsed($"reset/{machine.Uuid}", Durations.Reset):
                machine.Stage = Stage.Unknown;
                machine.KubernetesVersion = "";
                Remove(machine.Uuid);
                break;
            case not (Stage.BeforeDestroy or Stage.Destroying):
                machine.Stage = Stage.BeforeDestroy;
                break;
        }
    }

    private void Remove(string uuid)
    {
        context.Remove(KnownTypes.ClusterMachineStatuses, uuid);
        context.Remove(KnownTypes.ClusterMachines, uuid);
    }

    private void Describe(StoredResource member, SimMachine machine)
    {
        var labels = member.Metadata.Labels.Append(new(OmniLabels.Hostname, machine.Hostname)).ToList();
        if (machine.IsConnected)
            labels.Add(new(OmniLabels.Connected, ""));
        context.Ensure<ClusterMachineStatusSpec>(KnownTypes.ClusterMachineStatuses, machine.Uuid, StatusOwner, status =>
        {
            var configError = machine.Trouble?.ConfigError ?? "";
            status.Stage = machine.Trouble?.Stage ?? machine.Stage;
            status.Ready = machine.IsReady;
            status.ConfigApplyStatus = configError.Length > 0 ? ConfigApplyStatus.Failed : machine.ConfigStatus;
            status.ConfigUpToDate = status.ConfigApplyStatus == ConfigApplyStatus.Applied;
            status.LastConfigError = configError;
            status.ManagementAddress = $"fdae:41e4:649b:9303::{machine.Address[(machine.Address.LastIndexOf('.') + 1)..]}";
            status.ProvisionStatus = machine.RequestId.Length == 0
                ? null
                : new ClusterMachineStatusSpec.Types.ProvisionStatus { ProviderId = machine.ProviderId, RequestId = machine.RequestId };
        },
        labels);
    }
}

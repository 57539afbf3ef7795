using Google.Protobuf;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>What Omni says of the machines that are connected to it, members of a cluster or not.</summary>
internal sealed class ConnectedMachines(ControllerContext context)
{
    private const string Owner = "MachineController";
    private const string StatusOwner = "MachineStatusController";

    public void Reconcile()
    {
        foreach (var machine in context.World.Machines.Values)
            Describe(machine);
        foreach (var type in new[] { KnownTypes.Machines, KnownTypes.MachineStatuses })
        {
            foreach (var gone in context.List(type).Where(known => !context.World.Machines.ContainsKey(known.Id)))
                context.Remove(type, gone.Id);
        }
    }

    private void Describe(SimMachine machine)
    {
        var node = context.Find(KnownTypes.MachineSetNodes, machine.Uuid);
        var member = context.Find(KnownTypes.ClusterMachines, machine.Uuid);
        var labels = new Dictionary<string, string>(machine.Labels)
        {
            [OmniLabels.Prefix + "talos-version"] = $"v{machine.TalosVersion}",
            [OmniLabels.Prefix + (machine.IsConnected ? "connected" : "disconnected")] = "",
            [OmniLabels.ReportingEvents] = "",
        };
        if (node is null && member is null)
            labels[OmniLabels.Available] = "";
        if (member is not null)
            labels[OmniLabels.Cluster] = member.Label(OmniLabels.Cluster)!;
        if (machine.RequestId.Length > 0)
        {
            labels[OmniLabels.MachineRequest] = machine.RequestId;
            labels[OmniLabels.MachineRequestSet] = machine.RequestSetId;
            labels[OmniLabels.InfraProviderId] = machine.ProviderId;
            labels[OmniLabels.NoManualAllocation] = "";
        }

        labels[OmniLabels.ReadyToUse] = "";
        context.EnsureOpaque(KnownTypes.Machines, machine.Uuid, Owner, ByteString.Empty, labels.Where(label => label.Key != OmniLabels.Available));
        context.Ensure<MachineStatusSpec>(KnownTypes.MachineStatuses, machine.Uuid, StatusOwner, status =>
        {
            status.TalosVersion = $"v{machine.TalosVersion}";
            status.InitialTalosVersion = machine.InitialTalosVersion;
            status.Connected = machine.IsConnected;
            status.Maintenance = member is null;
            status.Cluster = member?.Label(OmniLabels.Cluster) ?? "";
            status.Role = member switch
            {
                null => MachineStatusSpec.Types.Role.None,
                _ when ControllerContext.IsControlPlane(member) => MachineStatusSpec.Types.Role.ControlPlane,
                _ => MachineStatusSpec.Types.Role.Worker,
            };
            status.Network = new MachineStatusSpec.Types.NetworkStatus { Hostname = machine.Hostname, Addresses = { $"{machine.Address}/16" } };
            status.Schematic = new MachineStatusSpec.Types.Schematic { Extensions = { machine.Extensions } };
            status.PowerState = MachineStatusSpec.Types.PowerState.On;
            status.PlatformMetadata = new MachineStatusSpec.Types.PlatformMetadata { Platform = machine.RequestId.Length > 0 ? "nocloud" : "metal" };
        },
        labels);
    }
}

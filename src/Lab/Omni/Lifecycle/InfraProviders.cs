using Google.Protobuf.WellKnownTypes;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Provider processes as far as Omni sees them: what they publish, their heartbeats, and what Omni makes of those.</summary>
internal sealed class InfraProviders(ControllerContext context, VirtualClock clock)
{
    private const string Owner = "InfraProviderCombinedStatusController";
    private const string CleanupFinalizer = "InfraProviderCleanupController";

    /// <summary>How many heartbeats may fail to come before Omni calls a provider disconnected.</summary>
    private const double MissedHeartbeats = 3.1;

    /// <summary>At high speed heartbeats would fill the history, so they come no more often than this outside of the lab.</summary>
    private static readonly TimeSpan MinHeartbeat = TimeSpan.FromMilliseconds(200);

    private TimeSpan HeartbeatPeriod => TimeSpan.FromTicks(Math.Max(Durations.Heartbeat.Ticks, (MinHeartbeat * clock.Speed).Ticks));

    public void Reconcile()
    {
        foreach (var provider in context.List(KnownTypes.InfraProviders))
        {
            if (provider.IsTearingDown)
            {
                CleanUp(provider);
                continue;
            }

            context.AddFinalizer(provider, CleanupFinalizer);
            var process = context.World.Providers.GetValueOrDefault(provider.Id);
            if (process is { Connected: true })
                Beat(process);
            Judge(provider.Id, process);
        }

        foreach (var status in context.List(KnownTypes.InfraProviderCombinedStatuses))
        {
            if (context.Find(KnownTypes.InfraProviders, status.Id) is null)
                context.Remove(status.Metadata.Type, status.Id);
        }
    }

    private void Beat(ProviderProcess process)
    {
        // What a provider writes it owns itself, as a client of Omni: there is no owner.
        if (process.Beats == 0)
        {
            context.Ensure<InfraProviderStatusSpec>(KnownTypes.InfraProviderStatuses, process.Id, "", status =>
            {
                status.Schema = ProviderSchema.Json;
                status.Name = "Proxmox";
                status.Description = "Proxmox infrastructure provider";
                status.Version = "v0.3.0";
            });
        }
        else if (!context.Delays.Elapsed($"heartbeat/{process.Id}/{process.Beats}", HeartbeatPeriod))
        {
            return;
        }

        process.Beats++;
        context.Ensure<InfraProviderHealthStatusSpec>(KnownTypes.InfraProviderHealthStatuses, process.Id, "", status =>
        {
            status.LastHeartbeatTimestamp = Timestamp.FromDateTimeOffset(context.Now);
            status.Error = process.Error;
        });
    }

    private void Judge(string id, ProviderProcess? process)
    {
        var published = context.Find(KnownTypes.InfraProviderStatuses, id)?.SpecAs<InfraProviderStatusSpec>();
        var beats = process?.Beats ?? 0;
        var isLost = context.Delays.Elapsed($"heartbeat-lost/{id}/{beats}", HeartbeatPeriod * MissedHeartbeats);
        // The heartbeats of a process that runs are never late, even where this machine is too busy for the lab's pace.
        var connected = beats > 0 && (process!.Connected || !isLost);
        context.Ensure<InfraProviderCombinedStatusSpec>(KnownTypes.InfraProviderCombinedStatuses, id, Owner, status =>
        {
            status.Name = published?.Name ?? "";
            status.Description = published?.Description ?? "";
            status.Version = published?.Version ?? "";
            status.Health = new InfraProviderCombinedStatusSpec.Types.Health
            {
                Connected = connected,
                Initialized = published is not null,
                Error = process?.Error ?? "",
            };
        });
    }

    private void CleanUp(StoredResource provider)
    {
        context.Remove(KnownTypes.InfraProviderStatuses, provider.Id);
        context.Remove(KnownTypes.InfraProviderHealthStatuses, provider.Id);
        foreach (var status in context.With(KnownTypes.MachineRequestStatuses, OmniLabels.InfraProviderId, provider.Id).ToList())
            context.Remove(KnownTypes.MachineRequestStatuses, status.Id);
        context.Accounts.RemoveOfProvider(provider.Id);
        context.RemoveFinalizer(provider, CleanupFinalizer);
    }
}

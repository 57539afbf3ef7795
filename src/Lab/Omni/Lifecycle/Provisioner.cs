using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using RequestStage = OmniScale.Omni.Api.Specs.MachineRequestStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>What the provider processes do with the machine requests that carry their id.</summary>
internal sealed class Provisioner(ControllerContext context, Func<ProvisionRequest, ProvisionVerdict> decide)
{
    private static readonly string[] Steps = ["createSchematic", "uploadISO", "syncVM", "startVM"];

    /// <summary>The step that makes the machine, and fails when it cannot be placed.</summary>
    private const int PlacingStep = 2;

    public void Reconcile()
    {
        foreach (var request in context.List(KnownTypes.MachineRequests))
        {
            if (context.World.Providers.GetValueOrDefault(request.Label(OmniLabels.InfraProviderId) ?? "") is not { Connected: true, Beats: > 0 } process)
                continue;
            if (request.IsTearingDown)
                Deprovision(process, request);
            else
                Provision(process, request);
        }
    }

    private void Provision(ProviderProcess process, StoredResource request)
    {
        if (!process.Requests.TryGetValue(request.Id, out var progress))
        {
            if (!context.Delays.Elapsed($"pick-up/{request.Id}", Durations.ProviderPickUp))
                return;
            process.Requests[request.Id] = progress = new Provisioning();
            context.AddFinalizer(request, process.Id);
            Report(process, request, progress, RequestStage.Provisioning, "");
            return;
        }

        switch (context.Find(KnownTypes.MachineRequestStatuses, request.Id)?.SpecAs<MachineRequestStatusSpec>().Stage)
        {
            case RequestStage.Failed when context.Delays.Elapsed($"retry/{request.Id}", Durations.ProvisionRetry):
                Report(process, request, progress, RequestStage.Provisioning, "");
                break;
            case RequestStage.Provisioning when context.Delays.Elapsed($"step/{request.Id}/{progress.Step}", Durations.ProvisionStep):
                Advance(process, request, progress);
                break;
            case RequestStage.Provisioned when !context.World.Machines.ContainsKey(progress.Uuid):
                if (context.Delays.Elapsed($"join/{request.Id}", Durations.Join))
                    Join(process, request, progress);
                break;
            case null:
                Report(process, request, progress, RequestStage.Provisioning, "");
                break;
        }
    }

    private void Advance(ProviderProcess process, StoredResource request, Provisioning progress)
    {
        if (progress.Step == PlacingStep)
        {
            var spec = request.SpecAs<MachineRequestSpec>();
            var verdict = decide(new ProvisionRequest(
                process.Id, request.Id, request.Label(OmniLabels.MachineRequestSet) ?? "", spec.ProviderData, spec.TalosVersion));
            if (verdict.Error is { } error)
            {
                Report(process, request, progress, RequestStage.Failed, error);
                return;
            }

            progress.Uuid = context.RandomUuid();
        }

        progress.Step++;
        Report(process, request, progress, progress.Step == Steps.Length ? RequestStage.Provisioned : RequestStage.Provisioning, "");
    }

    private void Report(ProviderProcess process, StoredResource request, Provisioning progress, RequestStage stage, string error) =>
        context.Ensure<MachineRequestStatusSpec>(KnownTypes.MachineRequestStatuses, request.Id, "", status =>
        {
            status.Id = progress.Uuid;
            status.Stage = stage;
            status.Error = error;
            status.Status = stage == RequestStage.Provisioned
                ? "Provision Complete"
                : $"Running Step: \"{Steps[progress.Step]}\" ({progress.Step + 1}/{Steps.Length})";
        },
        [
            new(OmniLabels.InfraProviderId, process.Id),
            new(OmniLabels.MachineRequestSet, request.Label(OmniLabels.MachineRequestSet) ?? ""),
        ]);

    private void Join(ProviderProcess process, StoredResource request, Provisioning progress)
    {
        var spec = request.SpecAs<MachineRequestSpec>();
        var number = context.World.Machines.Count + 1;
        context.World.Machines[progress.Uuid] = new SimMachine(progress.Uuid)
        {
            Hostname = request.Id,
            Address = $"10.5.{number / 250}.{(number % 250) + 2}",
            ProviderId = process.Id,
            RequestId = request.Id,
            RequestSetId = request.Label(OmniLabels.MachineRequestSet) ?? "",
            TalosVersion = spec.TalosVersion,
            InitialTalosVersion = spec.TalosVersion,
            Extensions = [.. spec.Extensions],
        };
    }

    private void Deprovision(ProviderProcess process, StoredResource request)
    {
        if (!context.Delays.Elapsed($"deprovision/{request.Id}", Durations.Deprovision))
            return;
        if (process.Requests.Remove(request.Id, out var progress))
            context.World.Machines.Remove(progress.Uuid);
        context.Remove(KnownTypes.MachineRequestStatuses, request.Id);
        context.RemoveFinalizer(request, process.Id);
    }
}

using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;
using RequestStage = OmniScale.Omni.Api.Specs.MachineRequestStatusSpec.Types.Stage;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>From machine sets of a class that provisions, over request sets, to single machine requests, and back.</summary>
internal sealed class MachineRequests(ControllerContext context)
{
    public const string ProvisionOwner = "MachineProvisionController";
    private const string RequestOwner = "MachineRequestSetStatusController";
    private const string StatusOwner = "ClusterMachineRequestStatusController";

    /// <summary>The machines by the request that they were made for, as the pass finds them.</summary>
    private readonly Dictionary<string, SimMachine> machines = new(StringComparer.Ordinal);

    public void Reconcile()
    {
        machines.Clear();
        foreach (var machine in context.World.Machines.Values)
            machines.TryAdd(machine.RequestId, machine);
        foreach (var set in context.List(KnownTypes.MachineSets))
            Request(set);
        foreach (var requestSet in context.List(KnownTypes.MachineRequestSets))
            Scale(requestSet);
        foreach (var request in context.List(KnownTypes.MachineRequests))
            Release(request);
        Describe();
        HoldClasses();
    }

    private void Request(StoredResource set)
    {
        var allocation = MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>());
        var provision = allocation is null ? null : context.Find(KnownTypes.MachineClasses, allocation.Name)?.SpecAs<MachineClassSpec>().AutoProvision;
        var total = context.With(KnownTypes.ClusterMachines, OmniLabels.MachineSet, set.Id).Count;
        var requestSet = context.Find(KnownTypes.MachineRequestSets, set.Id);
        var isOurs = requestSet?.Metadata.Owner == ProvisionOwner;
        if (set.IsTearingDown)
        {
            // Machines leave their cluster before they are given back.
            if (isOurs && total == 0 && !requestSet!.IsTearingDown)
                context.TearDown(requestSet);
            if (!isOurs)
                context.RemoveFinalizer(set, ProvisionOwner);
            return;
        }

        if (provision is null || allocation!.AllocationType != AllocationType.Static ||
            context.Find(KnownTypes.Clusters, set.Label(OmniLabels.Cluster) ?? "") is not { IsTearingDown: false } cluster ||
            requestSet is { IsTearingDown: true })
        {
            return;
        }

        context.AddFinalizer(set, ProvisionOwner);
        context.Ensure<MachineRequestSetSpec>(KnownTypes.MachineRequestSets, set.Id, ProvisionOwner, spec =>
        {
            spec.ProviderId = provision.ProviderId;
            spec.MachineCount = Math.Max((int)allocation.MachineCount, total);
            spec.TalosVersion = cluster.SpecAs<ClusterSpec>().TalosVersion;
            spec.KernelArgs.Clear();
            spec.KernelArgs.AddRange(provision.KernelArgs);
            spec.MetaValues.Clear();
            spec.MetaValues.AddRange(provision.MetaValues);
            spec.ProviderData = provision.ProviderData;
            spec.GrpcTunnel = provision.GrpcTunnel;
        });
    }

    private void Scale(StoredResource requestSet)
    {
        var spec = requestSet.SpecAs<MachineRequestSetSpec>();
        var all = context.With(KnownTypes.MachineRequests, OmniLabels.MachineRequestSet, requestSet.Id).ToList();
        if (requestSet.IsTearingDown)
        {
            foreach (var request in all.Where(request => !request.IsTearingDown))
                context.TearDown(request);
            if (all.Count == 0)
            {
                context.RemoveFinalizer(requestSet, RequestOwner);
                context.TearDownAndDestroy(requestSet);
            }

            return;
        }

        context.AddFinalizer(requestSet, RequestOwner);
        var live = all.Where(request => !request.IsTearingDown).ToList();
        for (var missing = spec.MachineCount - live.Count; missing > 0; missing--)
        {
            // A request keeps what it was made with: later changes of the class do not reach it.
            context.Ensure<MachineRequestSpec>(KnownTypes.MachineRequests, $"{requestSet.Id}-{context.RandomText(6)}", RequestOwner, request =>
            {
                request.TalosVersion = spec.TalosVersion;
                request.Extensions.AddRange(spec.Extensions);
                request.KernelArgs.AddRange(spec.KernelArgs);
                request.MetaValues.AddRange(spec.MetaValues);
                request.ProviderData = spec.ProviderData;
                request.GrpcTunnel = spec.GrpcTunnel;
            },
            [new(OmniLabels.InfraProviderId, spec.ProviderId), new(OmniLabels.MachineRequestSet, requestSet.Id)]);
        }

        foreach (var surplus in live
            .OrderBy(request => MachineOf(request) is { } machine && context.Find(KnownTypes.ClusterMachines, machine.Uuid) is not null)
            .ThenBy(request => request.Metadata.Created.ToDateTimeOffset())
            .Take(live.Count - spec.MachineCount))
        {
            context.TearDown(surplus);
        }
    }

    private void Release(StoredResource request)
    {
        if (!request.IsTearingDown)
            return;
        var providerId = request.Label(OmniLabels.InfraProviderId) ?? "";
        if (request.Metadata.Finalizers.Count > 0 && context.Find(KnownTypes.InfraProviders, providerId) is null or { IsTearingDown: true })
        {
            // Deletion must not hang for a provider that is no more; nobody removes the machine then.
            if (MachineOf(request) is { } machine)
            {
                context.World.Leaked.Add(machine.Uuid);
                context.World.Machines.Remove(machine.Uuid);
            }

            context.ClearFinalizers(request);
        }

        context.TearDownAndDestroy(request);
    }

    private void Describe()
    {
        foreach (var request in context.List(KnownTypes.MachineRequests))
        {
            if (context.Find(KnownTypes.MachineSets, request.Label(OmniLabels.MachineRequestSet) ?? "") is not { } set)
                continue;
            var status = context.Find(KnownTypes.MachineRequestStatuses, request.Id)?.SpecAs<MachineRequestStatusSpec>();
            var labels = ControllerContext.SetLabels(set);
            if (MachineOf(request) is { } machine && context.Find(KnownTypes.ClusterMachineStatuses, machine.Uuid) is not null)
                labels.Add(new(OmniLabels.MachineRequestInUse, ""));
            context.Ensure<ClusterMachineRequestStatusSpec>(KnownTypes.ClusterMachineRequestStatuses, request.Id, StatusOwner, spec =>
            {
                spec.ProviderId = request.Label(OmniLabels.InfraProviderId) ?? "";
                spec.MachineUuid = status?.Id ?? "";
                (spec.Stage, spec.Status) = StageOf(request, status);
                spec.Error = context.Version.IsAtLeast(1, 8) ? status?.Error ?? "" : "";
            },
            labels);
        }

        foreach (var orphan in context.List(KnownTypes.ClusterMachineRequestStatuses))
        {
            if (context.Find(KnownTypes.MachineRequests, orphan.Id) is null)
                context.Remove(KnownTypes.ClusterMachineRequestStatuses, orphan.Id);
        }
    }

    private static (Stage Stage, string Status) StageOf(StoredResource request, MachineRequestStatusSpec? status) => status switch
    {
        _ when request.IsTearingDown => (Stage.Deprovisioning, "Waiting for the infra provider to finish teardown"),
        { Stage: RequestStage.Provisioning } => (Stage.Provisioning, status.Status),
        { Stage: RequestStage.Provisioned } => (Stage.Provisioned, "Waiting for the machine to join Omni"),
        { Stage: RequestStage.Failed } => (Stage.Failed, $"Provision Failed: {status.Error}"),
        _ => (Stage.Pending, "Waiting for the infra provider to start provision"),
    };

    /// <summary>A class that machine sets use is held by a finalizer.</summary>
    private void HoldClasses()
    {
        var used = context.List(KnownTypes.MachineSets)
            .Select(set => MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>())?.Name)
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        foreach (var @class in context.List(KnownTypes.MachineClasses))
        {
            if (!used.Contains(@class.Id))
                context.RemoveFinalizer(@class, ProvisionOwner);
            else if (!@class.IsTearingDown)
                context.AddFinalizer(@class, ProvisionOwner);
        }
    }

    private SimMachine? MachineOf(StoredResource request) => machines.GetValueOrDefault(request.Id);
}

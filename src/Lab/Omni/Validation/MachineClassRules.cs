using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Validation;

internal static class MachineClassRules
{
    private const string StaticProviderLabel = OmniLabels.Prefix + "is-static-infra-provider";

    public static IEnumerable<string> Destroy(ValidationContext context, StoredResource @class)
    {
        var users = context.Cache.List(KnownTypes.MachineSets)
            .Where(set => MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>())?.Name == @class.Id)
            .Select(set => set.Id)
            .ToList();
        if (users.Count > 0)
            yield return $"can not delete the machine class as it is still in use by machine sets: {string.Join(", ", users)}";
    }

    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource @class)
    {
        var spec = @class.SpecAs<MachineClassSpec>();
        if (spec.AutoProvision is { } provision)
        {
            if (spec.MatchLabels.Count > 0)
                return ["machine class can't set both auto provision and match labels"];

            // Every release dereferences the old provision data here, which is not there when the class used to match labels.
            if (old is not null && old.SpecAs<MachineClassSpec>().AutoProvision is null)
                throw new InvalidOperationException("runtime error: invalid memory address or nil pointer dereference");
            var before = old?.SpecAs<MachineClassSpec>().AutoProvision;
            return before?.ProviderData == provision.ProviderData && before is not null
                ? KernelArgsRules.Limits(provision.KernelArgs)
                : Provision(context, provision).Concat(KernelArgsRules.Limits(provision.KernelArgs));
        }

        return spec.MatchLabels.Count == 0
            ? ["machine class should either have auto provision or match labels set"]
            : Selectors(spec);
    }

    private static IEnumerable<string> Provision(ValidationContext context, MachineClassSpec.Types.Provision provision)
    {
        if (provision.ProviderId.Length == 0)
            return ["providerID can not be empty"];
        if (context.Cache.Find(KnownTypes.InfraProviderStatuses, provision.ProviderId) is not { } status)
        {
            var key = new ResourceKey(KnownTypes.InfraProvider, KnownTypes.InfraProviderStatuses, provision.ProviderId);
            return [$"failed to get provider: resource {key} doesn't exist"];
        }

        if (status.HasLabel(StaticProviderLabel))
            return ["cannot use static provider in the machine class"];
        return ProviderDataSchema.Check(status.SpecAs<InfraProviderStatusSpec>().Schema, provision.ProviderData);
    }

    private static IEnumerable<string> Selectors(MachineClassSpec spec)
    {
        foreach (var text in spec.MatchLabels)
        {
            if (LabelSelector.TryParse(text, out var selector, out var error))
            {
                if (selector.Keys.Contains(OmniLabels.NoManualAllocation))
                    yield return $"label selector must not use the label \"{OmniLabels.NoManualAllocation}\"";
            }
            else
            {
                yield return $"invalid label selector \"{text}\": {error}";
            }
        }
    }
}

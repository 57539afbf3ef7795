using System.Text.RegularExpressions;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;

namespace OmniScale.Lab.Omni.Validation;

internal static partial class InfraProviderRules
{
    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource provider)
    {
        if (old is null && context.IsAtLeast(1, 10) && !DnsLabel().IsMatch(provider.Id))
            yield return $"invalid infra provider name \"{provider.Id}\": must be a lower-case DNS label of at most 63 characters";
    }

    public static IEnumerable<string> Destroy(ValidationContext context, StoredResource provider)
    {
        var running = context.Cache.List(KnownTypes.Machines)
            .Count(machine => !machine.IsTearingDown && machine.Label(OmniLabels.InfraProviderId) == provider.Id);
        if (running > 0)
            yield return $"cannot delete the infra provider \"{provider.Id}\": there are {running} running machines";
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex DnsLabel();
}

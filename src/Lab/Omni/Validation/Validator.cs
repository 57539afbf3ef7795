using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>What a rule sees: the resources around, as the read cache has them, and the server's version and settings.</summary>
internal sealed record ValidationContext(ReadCache Cache, OmniSimulatorOptions Options)
{
    public bool IsAtLeast(int major, int minor) => Options.Version.IsAtLeast(major, minor);
}

/// <summary>The checks that the server makes before it stores or removes what a user asks for.</summary>
internal sealed class Validator(ReadCache cache, OmniSimulatorOptions options)
{
    private readonly ValidationContext context = new(cache, options);

    /// <exception cref="StateException">A rule is broken.</exception>
    public void CheckCreate(StoredResource resource) => Check(null, resource);

    /// <inheritdoc cref="CheckCreate"/>
    public void CheckUpdate(StoredResource old, StoredResource resource) => Check(old, resource);

    /// <inheritdoc cref="CheckCreate"/>
    public void CheckDestroy(StoredResource resource)
    {
        // Dereferencing what is torn down already would refuse the very calls that finish the removal.
        if (resource.IsTearingDown)
            return;
        ValidationErrors.ThrowIfAny([.. resource.Metadata.Type switch
        {
            KnownTypes.Clusters => ClusterRules.Destroy(resource),
            KnownTypes.MachineSets => MachineSetRules.Destroy(context, resource),
            KnownTypes.MachineSetNodes => MachineSetNodeRules.Destroy(context, resource),
            KnownTypes.MachineClasses => MachineClassRules.Destroy(context, resource),
            KnownTypes.InfraProviders => InfraProviderRules.Destroy(context, resource),
            _ => [],
        }]);
    }

    private void Check(StoredResource? old, StoredResource resource)
    {
        var errors = MetadataRules.Check(context, resource.Metadata).ToList();
        errors.AddRange(resource.Metadata.Type switch
        {
            KnownTypes.Clusters => ClusterRules.Check(context, old, resource),
            KnownTypes.MachineSets => MachineSetRules.Check(context, old, resource),
            KnownTypes.MachineSetNodes => MachineSetNodeRules.Check(context, old, resource),
            KnownTypes.MachineClasses => MachineClassRules.Check(context, old, resource),
            KnownTypes.ConfigPatches => ConfigPatchRules.Check(context, old, resource),
            KnownTypes.ExtensionsConfigurations => ExtensionRules.Check(context, resource),
            KnownTypes.KernelArgs => KernelArgsRules.Check(context, resource),
            KnownTypes.ManifestGroups => ManifestRules.CheckGroup(old, resource),
            KnownTypes.HealthChecks => ManifestRules.CheckHealthCheck(resource),
            KnownTypes.InfraProviders => InfraProviderRules.Check(context, old, resource),
            KnownTypes.MachineRequests when old is not null && old.ProtoSpec != resource.ProtoSpec => ["machine request spec is immutable"],
            _ => [],
        });
        ValidationErrors.ThrowIfAny(errors);
    }
}

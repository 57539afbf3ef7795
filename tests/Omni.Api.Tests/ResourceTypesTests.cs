using System.Reflection;

namespace OmniScale.Omni.Api.Tests;

public class ResourceTypesTests
{
    [Fact]
    public void Every_type_LivesWhereOmniKeepsIt()
    {
        var elsewhere = typeof(ResourceTypes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null))
            .OfType<ResourceType>()
            .Where(type => type.Namespace != "default")
            .ToDictionary(type => type.Name, type => type.Namespace);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["InfraProviders.omni.sidero.dev"] = "infra-provider",
                ["InfraProviderStatuses.omni.sidero.dev"] = "infra-provider",
                ["InfraProviderHealthStatuses.omni.sidero.dev"] = "infra-provider-ephemeral",
                ["InfraProviderCombinedStatuses.omni.sidero.dev"] = "ephemeral",
                ["MachineRequests.omni.sidero.dev"] = "infra-provider",
                ["MachineRequestStatuses.omni.sidero.dev"] = "infra-provider",
                ["SysVersions.system.sidero.dev"] = "ephemeral",
            },
            elsewhere);
    }

    [Fact]
    public void New_resource_IsRunningAndHasNoVersionYet()
    {
        var cluster = ResourceTypes.Clusters.New("one", new());
        Assert.Equal(("default", "Clusters.omni.sidero.dev", "one", "undefined", "running"),
            (cluster.Metadata.Namespace, cluster.Metadata.Type, cluster.Metadata.Id, cluster.Metadata.Version, cluster.Metadata.Phase));
    }
}

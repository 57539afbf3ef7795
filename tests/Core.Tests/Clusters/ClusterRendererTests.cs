using System.Text.Json;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;

namespace OmniScale.Core.Tests.Clusters;

/// <summary>What the golden cases beside <see cref="Rendering.GoldenTests"/> cannot show: other inputs than the object, and mistakes.</summary>
public class ClusterRendererTests
{
    private const string Machine = "11111111-1111-4111-8111-11111111aaaa";

    [Fact]
    public void Render_NamesClassesAsOmniKnowsThem()
    {
        var resources = ClusterRenderer.Render(Sample.TalosCluster(), Sample.Owner, name => "omni-" + name, _ => null);

        Assert.Equal(["omni-matrix-control-plane", "omni-matrix-worker-golf"], resources.Select(r => r.RawSpec).OfType<MachineSetSpec>().Select(s => s.MachineAllocation.Name));
    }

    [Theory]
    [InlineData(AllocationType.Static, 7)]
    [InlineData(AllocationType.Unlimited, 0)]
    public void Render_WhenASizeIsLeftOut_KeepsWhatOmniHolds(AllocationType type, uint count)
    {
        var cluster = Sample.TalosCluster(s => s with { Workers = [new() { Name = "worker-golf", MachineClass = new() { Name = "other" } }] });
        var stored = new MachineSetSpec { MachineAllocation = new() { Name = "matrix-worker-golf", MachineCount = count, AllocationType = type } };

        var resources = ClusterRenderer.Render(cluster, Sample.Owner, name => name, id => id == Sample.WorkerSet ? stored : null);

        var set = (MachineSetSpec)resources.Single(r => r.Id == Sample.WorkerSet).RawSpec;
        Assert.Equal(new() { Name = "other", MachineCount = count, AllocationType = type }, set.MachineAllocation);
    }

    [Fact]
    public void Render_WhenASizeIsGiven_DoesNotLookAtWhatOmniHolds()
    {
        var stored = new MachineSetSpec { MachineAllocation = new() { Name = "x", MachineCount = 9 } };

        var resources = ClusterRenderer.Render(Sample.TalosCluster(), Sample.Owner, name => name, _ => stored);

        Assert.Equal([3u, 1u], resources.Select(r => r.RawSpec).OfType<MachineSetSpec>().Select(s => s.MachineAllocation.MachineCount));
    }

    public static TheoryData<string, Func<TalosClusterSpec, TalosClusterSpec>, string> Mistakes => new()
    {
        {
            "the same machine in two sets", s => s with { Workers = [Sample.Workers("a", Machine), Sample.Workers("b", Machine)] },
            $"machine {Machine} is named more than once (talos-prod-01-a, talos-prod-01-b): a machine can be in one machine set only"
        },
        {
            "the same machine in upper and lower case", s => s with { Workers = [Sample.Workers("a", Machine, Machine.ToUpperInvariant())] },
            $"machine {Machine} is named more than once (talos-prod-01-a): a machine can be in one machine set only"
        },
        {
            "two patches with one idOverride", s => s with { Patches = [Patch("x", "{}", "900-x"), Patch("y", "{}", "900-x")] },
            "two parts of the spec would both become config patch 900-x in Omni: give one of them another name"
        },
        {
            "patches of two sets whose names run together",
            s => s with
            {
                Workers = [Sample.Workers("a", 1) with { Patches = [Patch("b-c", "{}")] }, Sample.Workers("a-b", 1) with { Patches = [Patch("c", "{}")] }],
            },
            "two parts of the spec would both become config patch 400-talos-prod-01-a-b-c in Omni: give one of them another name"
        },
        { "a number as patch", s => s with { Patches = [Patch("x", "42")] }, "patch 200-cluster-talos-prod-01-x: inline must be an object, a list of objects, or text" },
        { "null as patch", s => s with { Patches = [Patch("x", "null")] }, "patch 200-cluster-talos-prod-01-x: inline must be an object, a list of objects, or text" },
        {
            "a list of texts as patch of a set", s => s with { ControlPlane = s.ControlPlane with { Patches = [Patch("x", """[{}, "text"]""")] } },
            "patch 400-talos-prod-01-control-planes-x: inline must be an object, a list of objects, or text"
        },
        { "a patch without content", s => s with { Patches = [new() { Name = "x" }] }, "patch 200-cluster-talos-prod-01-x: inline must be an object, a list of objects, or text" },
        {
            "an interval without a unit", s => s with { Features = new() { BackupConfiguration = new() { Interval = "60" } } },
            "spec.features.backupConfiguration.interval: \"60\" is no time span above zero, such as 1h or 1h30m"
        },
        {
            "an interval of nothing", s => s with { Features = new() { BackupConfiguration = new() { Interval = "0h" } } },
            "spec.features.backupConfiguration.interval: \"0h\" is no time span above zero, such as 1h or 1h30m"
        },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void Render_WhenTheSpecContradictsItself_SaysWhere(string mistake, Func<TalosClusterSpec, TalosClusterSpec> change, string message)
    {
        Assert.NotEmpty(mistake);

        var error = Assert.Throws<InvalidSpecException>(() => Sample.Render(Sample.TalosCluster(change)));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Render_APatchAsObject_IsYamlThatReadsBackAsTheObject()
    {
        const string inline = """{"machine": {"files": null, "sysctls": {"on": "010", "k": "1e3"}, "env": {"A": "a: b", "B": "yes"}, "n": 1.5}}""";

        var patch = (ConfigPatchSpec)Sample.Render(Sample.TalosCluster(s => s with { Patches = [Patch("x", inline)] })).Single(r => r.Type == ResourceTypes.ConfigPatches).RawSpec;

        Assert.Equal(JsonDocument.Parse(inline).RootElement, JsonSerializer.SerializeToElement(Yaml.Parse(patch.Data)), JsonElement.DeepEquals);
    }

    private static ConfigPatch Patch(string name, string inline, string? idOverride = null) =>
        new() { Name = name, IdOverride = idOverride, Inline = JsonDocument.Parse(inline).RootElement };
}

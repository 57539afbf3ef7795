using System.Text.Json.Nodes;
using OmniScale.Core.Classes;
using OmniScale.Core.Tests.Common;
using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Classes;

public class MachineClassRendererTests
{
    private static readonly Owner Owner = new("c1", "omni-scale", "shape");

    [Fact]
    public void Render_EveryFieldOfAShape()
    {
        var machineClass = Sample.Read<MachineClass>("""
            apiVersion: omniscale.dev/v1alpha1
            kind: MachineClass
            metadata: {name: shape, namespace: omni-scale}
            spec:
              omniName: Shape_01
              providerRef: {name: matrix}
              cores: 4
              sockets: 2
              memoryMiB: 8192
              diskSizeGiB: 40
              storageSelector: name == "local-lvm"
              networkBridge: vmbr1
              vlan: 42
              node: golf
              cpuType: host
              machineType: q35
              numa: true
              hugepages: 1GB
              balloon: false
              diskSSD: true
              diskDiscard: true
              diskIOThread: false
              diskCache: none
              diskAIO: io_uring
              additionalDisks:
              - {diskSizeGiB: 100, storageSelector: storageType == "rbd", diskSSD: true, diskDiscard: false, diskIOThread: true, diskCache: writeback, diskAIO: native}
              - {diskSizeGiB: 1, storageSelector: "true"}
              additionalNICs:
              - {bridge: vmbr2, vlan: 7, firewall: true}
              - {bridge: vmbr3}
              pciDevices:
              - {mapping: gpu, pcie: true, primaryGPU: true, rombar: false}
              - {mapping: nic}
              kernelArgs: [console=ttyS0, talos.platform=nocloud]
              metaValues: [{key: 10, value: "{}"}, {key: 12, value: x}]
              grpcTunnel: true
            """);

        var resource = MachineClassRenderer.Render(machineClass, "matrix-cluster", Owner);

        Assert.Equal(("MachineClasses.omni.sidero.dev", "default", "Shape_01"), (resource.Metadata.Type, resource.Metadata.Namespace, resource.Id));
        Assert.Empty(resource.Metadata.Labels);
        Assert.Equal(
            new Dictionary<string, string> { ["omni.sidero.dev/managed-by-gitops-tools"] = "OmniScale", ["omniscale.dev/owner"] = "c1/omni-scale/shape" },
            resource.Metadata.Annotations.ToDictionary());
        Assert.Equal(
            new()
            {
                AutoProvision = new()
                {
                    ProviderId = "matrix-cluster",
                    KernelArgs = { "console=ttyS0", "talos.platform=nocloud" },
                    MetaValues = { new Omni.Api.Specs.MetaValue { Key = 10, Value = "{}" }, new Omni.Api.Specs.MetaValue { Key = 12, Value = "x" } },
                    ProviderData = resource.Spec.AutoProvision.ProviderData,
                    GrpcTunnel = GrpcTunnelMode.Enabled,
                },
            },
            resource.Spec);
        Assert.Equal("""
            additional_disks:
            - disk_aio: "native"
              disk_cache: "writeback"
              disk_discard: false
              disk_iothread: true
              disk_size: 100
              disk_ssd: true
              storage_selector: "storageType == \"rbd\""
            - disk_size: 1
              storage_selector: "true"
            additional_nics:
            - bridge: "vmbr2"
              firewall: true
              vlan: 7
            - bridge: "vmbr3"
            balloon: false
            cores: 4
            cpu_type: "host"
            disk_aio: "io_uring"
            disk_cache: "none"
            disk_discard: true
            disk_iothread: false
            disk_size: 40
            disk_ssd: true
            hugepages: "1GB"
            machine_type: "q35"
            memory: 8192
            network_bridge: "vmbr1"
            node: "golf"
            numa: true
            pci_devices:
            - mapping: "gpu"
              pcie: true
              primary_gpu: true
              rombar: false
            - mapping: "nic"
            sockets: 2
            storage_selector: "name == \"local-lvm\""
            vlan: 42

            """, resource.Spec.AutoProvision.ProviderData);
    }

    [Fact]
    public void ProviderData_OfTheSmallestShape_NamesSocketsAndNothingElseThatIsUnset()
    {
        Assert.Equal("cores: 2\ndisk_size: 10\nmemory: 2048\nsockets: 1\nstorage_selector: \"name == \\\"local\\\"\"\n", MachineClassRenderer.ProviderData(Shape("name == \"local\"")));
    }

    [Theory]
    [InlineData(null, GrpcTunnelMode.Unset)]
    [InlineData(true, GrpcTunnelMode.Enabled)]
    [InlineData(false, GrpcTunnelMode.Disabled)]
    public void Render_TheTunnel(bool? tunnel, GrpcTunnelMode mode)
    {
        var resource = MachineClassRenderer.Render(new() { Metadata = Sample.Metadata("shape"), Spec = Shape("true") with { GrpcTunnel = tunnel } }, "p", Owner);

        Assert.Equal(mode, resource.Spec.AutoProvision.GrpcTunnel);
        Assert.Equal("shape", resource.Id);
    }

    [Fact]
    public void Render_MatchLabels_GivesNoShape()
    {
        var machineClass = new MachineClass { Metadata = Sample.Metadata("metal"), Spec = new() { MatchLabels = ["omni.sidero.dev/cores >= 4, zone = a", "!gpu"] } };

        var resource = MachineClassRenderer.Render(machineClass, "", Owner);

        Assert.Equal(new() { MatchLabels = { "omni.sidero.dev/cores >= 4, zone = a", "!gpu" } }, resource.Spec);
    }

    public static TheoryData<string> Selectors =>
    [
        .. JsonTrees.Traps,
        "!(name == \"x\")", "!name.startsWith(\"x\")", "[\"a\", \"b\"].exists(n, n == name)", "name in [\"a\"]", "{\"rbd\": true}[storageType]",
        "storageType == \"rbd\" ? name == \"a\" : name == \"b\"", "name == \"a #b\"", "name == \"a\" // comment", "name.matches(\"^vm_\\\\d+$\")", "name.matches(r\"\\d\")",
        "true", "1", "\"local-lvm\"", "'x' == name", "&& name", "*", "%", "@", "`", "name == \"ä\"", "name == \"a\"\n  || name == \"b\"\n", " name ", "availableSpace > 107374182400u",
    ];

    [Theory, MemberData(nameof(Selectors))]
    public void ProviderData_ASelector_ReadsBackAsItWasWritten(string selector)
    {
        var text = MachineClassRenderer.ProviderData(Shape(selector) with { AdditionalDisks = [new() { DiskSizeGiB = 1, StorageSelector = selector }] });

        Assert.Contains("\nstorage_selector: \"", text, StringComparison.Ordinal);
        var data = Yaml.Parse(text)!;
        Assert.Equal(selector, (string?)data["storage_selector"]);
        Assert.Equal(selector, (string?)data["additional_disks"]![0]!["storage_selector"]);
    }

    [Fact]
    public void ProviderData_TheUsersOwnKeys_WinAndAreKeptInTheirShape()
    {
        var spec = Shape("true") with
        {
            Cores = 2,
            ProviderData = JsonNode.Parse("""{"cores": 6, "tags": ["a", "010"], "ha": {"group": null, "enabled": true}, "network_firewall": true, "pool": "on"}""")!.AsObject(),
        };

        var data = Yaml.Parse(MachineClassRenderer.ProviderData(spec))!;

        Assert.Equal(
            JsonNode.Parse("""
                {"cores": 6, "disk_size": 10, "ha": {"enabled": true, "group": null}, "memory": 2048, "network_firewall": true, "pool": "on", "sockets": 1,
                 "storage_selector": "true", "tags": ["a", "010"]}
                """)!.ToJsonString(),
            data.ToJsonString());
    }

    [Theory]
    [InlineData("""{"sockets": 4}""", 4)]
    [InlineData("""{"sockets": null}""", 1)]
    [InlineData("{}", 1)]
    public void ProviderData_NeverLeavesSocketsOut(string own, int sockets)
    {
        var data = Yaml.Parse(MachineClassRenderer.ProviderData(Shape("true") with { ProviderData = JsonNode.Parse(own)!.AsObject() }))!;

        Assert.Equal(sockets, (int)data["sockets"]!);
    }

    [Fact]
    public void ProviderData_NullAmongTheUsersOwnKeys_TakesAFieldAway()
    {
        var data = Yaml.Parse(MachineClassRenderer.ProviderData(Shape("true") with { Node = "golf", ProviderData = new JsonObject { ["node"] = null } }))!;

        Assert.False(data.AsObject().ContainsKey("node"));
    }

    [Fact]
    public void ProviderData_DoesNotTakeTheUsersOwnKeysOutOfTheSpec()
    {
        var spec = Shape("true") with { ProviderData = JsonNode.Parse("""{"ha": {"enabled": true}}""")!.AsObject() };

        Assert.Equal(MachineClassRenderer.ProviderData(spec), MachineClassRenderer.ProviderData(spec));
        Assert.Equal("""{"ha":{"enabled":true}}""", spec.ProviderData.ToJsonString());
    }

    private static Crds.MachineClassSpec Shape(string selector) =>
        new() { ProviderRef = new() { Name = "matrix" }, Cores = 2, MemoryMiB = 2048, DiskSizeGiB = 10, StorageSelector = selector };
}

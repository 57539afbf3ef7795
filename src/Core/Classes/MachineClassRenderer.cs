using System.Text.Json;
using System.Text.Json.Nodes;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Classes;

/// <summary>Turns a MachineClass into Omni's resource.</summary>
public static class MachineClassRenderer
{
    /// <param name="providerId">Id of the provider in Omni; unused by a class with matchLabels.</param>
    public static OmniResource<Omni.Api.Specs.MachineClassSpec> Render(MachineClass machineClass, string providerId, Owner owner)
    {
        var spec = machineClass.Spec;
        var wanted = new Omni.Api.Specs.MachineClassSpec();
        if (spec.MatchLabels is { } selectors)
        {
            wanted.MatchLabels.Add(selectors);
        }
        else
        {
            wanted.AutoProvision = new()
            {
                ProviderId = providerId,
                KernelArgs = { spec.KernelArgs ?? [] },
                MetaValues = { (spec.MetaValues ?? []).Select(v => new Omni.Api.Specs.MetaValue { Key = (uint)v.Key, Value = v.Value }) },
                ProviderData = ProviderData(spec),
                GrpcTunnel = spec.GrpcTunnel switch
                {
                    true => GrpcTunnelMode.Enabled,
                    false => GrpcTunnelMode.Disabled,
                    null => GrpcTunnelMode.Unset,
                },
            };
        }

        var resource = ResourceTypes.MachineClasses.New(machineClass.OmniName, wanted);
        owner.Claim(resource.Metadata);
        return resource;
    }

    /// <summary>
    /// YAML for the provider. Its keys are those of the provider's schema: sizes in GB are GiB to Proxmox, memory in MB is MiB.
    /// Strings are always quoted: a storage selector is seldom what YAML takes for text.
    /// </summary>
    public static string ProviderData(Crds.MachineClassSpec spec)
    {
        var data = new JsonObject
        {
            ["cores"] = spec.Cores,
            ["sockets"] = spec.Sockets,
            ["memory"] = spec.MemoryMiB,
            ["disk_size"] = spec.DiskSizeGiB,
            ["storage_selector"] = spec.StorageSelector,
            ["node"] = spec.Node,
            ["network_bridge"] = spec.NetworkBridge,
            ["vlan"] = spec.Vlan,
            ["cpu_type"] = spec.CpuType,
            ["machine_type"] = spec.MachineType,
            ["numa"] = spec.Numa,
            ["hugepages"] = spec.Hugepages,
            ["balloon"] = spec.Balloon,
            ["disk_ssd"] = spec.DiskSsd,
            ["disk_discard"] = spec.DiskDiscard,
            ["disk_iothread"] = spec.DiskIoThread,
            ["disk_cache"] = spec.DiskCache,
            ["disk_aio"] = spec.DiskAio,
            ["additional_disks"] = Array(spec.AdditionalDisks, disk => new JsonObject
            {
                ["disk_size"] = disk.DiskSizeGiB,
                ["storage_selector"] = disk.StorageSelector,
                ["disk_ssd"] = disk.DiskSsd,
                ["disk_discard"] = disk.DiskDiscard,
                ["disk_iothread"] = disk.DiskIoThread,
                ["disk_cache"] = disk.DiskCache,
                ["disk_aio"] = disk.DiskAio,
            }),
            ["additional_nics"] = Array(spec.AdditionalNics, nic => new JsonObject
            {
                ["bridge"] = nic.Bridge,
                ["vlan"] = nic.Vlan,
                ["firewall"] = nic.Firewall,
            }),
            ["pci_devices"] = Array(spec.PciDevices, device => new JsonObject
            {
                ["mapping"] = device.Mapping,
                ["pcie"] = device.Pcie,
                ["primary_gpu"] = device.PrimaryGpu,
                ["rombar"] = device.Rombar,
            }),
        };
        foreach (var (key, value) in spec.ProviderData ?? [])
        {
            data[key] = value?.DeepClone();
        }

        RemoveNulls(data);
        // Proxmox refuses the 0 that the provider sends for sockets left out.
        data.TryAdd("sockets", 1);
        return YamlText.Of(JsonSerializer.SerializeToElement(data), quoteValues: true);
    }

    private static JsonArray? Array<T>(IReadOnlyList<T>? items, Func<T, JsonObject> convert)
    {
        if (items is null)
        {
            return null;
        }

        var array = new JsonArray();
        foreach (var item in items)
        {
            var converted = convert(item);
            RemoveNulls(converted);
            array.Add(converted);
        }

        return array;
    }

    private static void RemoveNulls(JsonObject data)
    {
        foreach (var key in data.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
        {
            data.Remove(key);
        }
    }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>Either the shape of a VM (providerRef and what follows it) or matchLabels.</summary>
[Rule("has(self.providerRef) != has(self.matchLabels)", "give either providerRef (with the shape of a VM) or matchLabels")]
[Rule("!has(self.providerRef) || has(self.matchLabels) || (has(self.cores) && has(self.memoryMiB) && has(self.diskSizeGiB) && has(self.storageSelector))",
    "cores, memoryMiB, diskSizeGiB and storageSelector are required with providerRef")]
[Rule("!has(self.matchLabels) || has(self.providerRef) || [has(self.cores), has(self.sockets), has(self.memoryMiB), has(self.diskSizeGiB), has(self.storageSelector), has(self.networkBridge), has(self.vlan), has(self.node), has(self.cpuType), has(self.machineType), has(self.numa), has(self.hugepages), has(self.balloon), has(self.diskSSD), has(self.diskDiscard), has(self.diskIOThread), has(self.diskCache), has(self.diskAIO), has(self.additionalDisks), has(self.additionalNICs), has(self.pciDevices), has(self.providerData), has(self.kernelArgs), has(self.metaValues), has(self.grpcTunnel)].filter(x, x).size() == 0",
    "a class with matchLabels chooses among existing machines and takes no fields of a VM shape")]
public sealed record MachineClassSpec : IOmniScaleSpec
{
    /// <summary>The Secret of type omniscale.dev/omni that leads to Omni. Default: omni.</summary>
    public LocalReference? OmniSecretRef { get; init; }

    /// <summary>Name of the class in Omni. Default: the object's name. Immutable.</summary>
    [StringLength(253, MinimumLength = 1)]
    public string? OmniName { get; init; }

    /// <summary>The ProxmoxProvider that builds the machines.</summary>
    public LocalReference? ProviderRef { get; init; }

    /// <summary>CPU cores per socket.</summary>
    [Range(1, 1024)]
    public int? Cores { get; init; }

    /// <summary>CPU sockets. Default: 1.</summary>
    [Range(1, 64)]
    public int? Sockets { get; init; }

    /// <summary>Memory in MiB; at least 2048.</summary>
    [Range(2048, 67108864)]
    [JsonPropertyName("memoryMiB")]
    public int? MemoryMiB { get; init; }

    /// <summary>Size of the system disk in GiB; at least 5.</summary>
    [Range(5, 1048576)]
    [JsonPropertyName("diskSizeGiB")]
    public int? DiskSizeGiB { get; init; }

    /// <summary>Which storage gets the system disk: a CEL expression over name, node, storageType (strings) and availableSpace (bytes, uint), such as name == "local-lvm".</summary>
    [StringLength(4096, MinimumLength = 1)]
    public string? StorageSelector { get; init; }

    /// <summary>The bridge of the first network interface. Default: vmbr0.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? NetworkBridge { get; init; }

    /// <summary>VLAN tag of the first network interface; 0 is none.</summary>
    [Range(0, 4094)]
    public int? Vlan { get; init; }

    /// <summary>The Proxmox node to build on. Default: the provider chooses among the nodes that are online.</summary>
    [StringLength(63, MinimumLength = 1)]
    public string? Node { get; init; }

    /// <summary>CPU type as Proxmox names it, such as host or x86-64-v2-AES.</summary>
    [StringLength(128, MinimumLength = 1)]
    public string? CpuType { get; init; }

    /// <summary>Machine type, such as q35. Left out, it is Proxmox's own default, pc.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? MachineType { get; init; }

    /// <summary>Whether the VM sees NUMA nodes.</summary>
    public bool? Numa { get; init; }

    /// <summary>Size of huge pages, 2MB or 1GB. Proxmox accepts it from root@pam with a password only.</summary>
    [StringLength(16, MinimumLength = 1)]
    public string? Hugepages { get; init; }

    /// <summary>Whether memory may be taken back from the VM.</summary>
    public bool? Balloon { get; init; }

    /// <summary>Whether the system disk shows itself as a solid-state disk.</summary>
    [JsonPropertyName("diskSSD")]
    public bool? DiskSsd { get; init; }

    /// <summary>Whether freed blocks of the system disk are given back.</summary>
    public bool? DiskDiscard { get; init; }

    /// <summary>Whether the system disk has an I/O thread of its own.</summary>
    [JsonPropertyName("diskIOThread")]
    public bool? DiskIoThread { get; init; }

    /// <summary>Cache mode of the system disk, such as none or writeback.</summary>
    [StringLength(32, MinimumLength = 1)]
    public string? DiskCache { get; init; }

    /// <summary>Asynchronous I/O of the system disk: io_uring, native or threads.</summary>
    [JsonPropertyName("diskAIO"), StringLength(32, MinimumLength = 1)]
    public string? DiskAio { get; init; }

    /// <summary>Further disks.</summary>
    [MaxLength(16)]
    public IReadOnlyList<AdditionalDisk>? AdditionalDisks { get; init; }

    /// <summary>Further network interfaces.</summary>
    [JsonPropertyName("additionalNICs"), MaxLength(16)]
    public IReadOnlyList<AdditionalNic>? AdditionalNics { get; init; }

    /// <summary>Devices of the host that are passed through, by their mapping in Proxmox.</summary>
    [MaxLength(16)]
    public IReadOnlyList<PciDevice>? PciDevices { get; init; }

    /// <summary>Keys of the provider's data that have no field here, in the provider's own spelling. They win over the fields.</summary>
    [FreeForm, MaxLength(128)]
    public JsonObject? ProviderData { get; init; }

    /// <summary>Kernel arguments of the machines.</summary>
    [MaxLength(64), ItemLength(256, Min = 1)]
    public IReadOnlyList<string>? KernelArgs { get; init; }

    /// <summary>Values for the META partition of Talos.</summary>
    [MaxLength(32)]
    public IReadOnlyList<MetaValue>? MetaValues { get; init; }

    /// <summary>Whether the machines reach Omni through gRPC instead of WireGuard over UDP. Default: as Omni is set up.</summary>
    public bool? GrpcTunnel { get; init; }

    /// <summary>Selectors of machines that already exist, such as "omni.sidero.dev/cores >= 4, zone = a". One of the list must match.</summary>
    [MinLength(1), MaxLength(32), ItemLength(1024, Min = 1)]
    public IReadOnlyList<string>? MatchLabels { get; init; }

    /// <summary>What to do when a class of this name already exists in Omni.</summary>
    [DefaultValue(AdoptionPolicy.Never)]
    public AdoptionPolicy AdoptionPolicy { get; init; }

    /// <summary>What becomes of the class in Omni when this object is deleted.</summary>
    [DefaultValue(DeletionPolicy.Delete)]
    public DeletionPolicy DeletionPolicy { get; init; } = DeletionPolicy.Delete;

    /// <summary>What a failed check does: Enforce holds the class back from Omni, Report only says so.</summary>
    [DefaultValue(CheckPolicy.Enforce)]
    public CheckPolicy CheckPolicy { get; init; }

    /// <summary>While true, nothing is checked, changed or deleted.</summary>
    [DefaultValue(false)]
    public bool Suspend { get; init; }
}

/// <summary>What a failed check does to the class.</summary>
public enum CheckPolicy
{
    /// <summary>The class does not reach Omni until the check passes.</summary>
    Enforce,

    /// <summary>The class reaches Omni all the same.</summary>
    Report,
}

/// <summary>A further disk.</summary>
public sealed record AdditionalDisk
{
    /// <summary>Size in GiB.</summary>
    [Required, Range(1, 1048576)]
    [JsonPropertyName("diskSizeGiB")]
    public int DiskSizeGiB { get; init; }

    /// <summary>Which storage gets the disk: a CEL expression as in spec.storageSelector.</summary>
    [Required, StringLength(4096, MinimumLength = 1)]
    public string StorageSelector { get; init; } = "";

    /// <summary>Whether it shows itself as a solid-state disk.</summary>
    [JsonPropertyName("diskSSD")]
    public bool? DiskSsd { get; init; }

    /// <summary>Whether freed blocks are given back.</summary>
    public bool? DiskDiscard { get; init; }

    /// <summary>Whether it has an I/O thread of its own.</summary>
    [JsonPropertyName("diskIOThread")]
    public bool? DiskIoThread { get; init; }

    /// <summary>Cache mode, such as none or writeback.</summary>
    [StringLength(32, MinimumLength = 1)]
    public string? DiskCache { get; init; }

    /// <summary>Asynchronous I/O: io_uring, native or threads.</summary>
    [JsonPropertyName("diskAIO"), StringLength(32, MinimumLength = 1)]
    public string? DiskAio { get; init; }
}

/// <summary>A further network interface.</summary>
public sealed record AdditionalNic
{
    /// <summary>The bridge that it is attached to.</summary>
    [Required, StringLength(64, MinimumLength = 1)]
    public string Bridge { get; init; } = "";

    /// <summary>VLAN tag; 0 is none.</summary>
    [Range(0, 4094)]
    public int? Vlan { get; init; }

    /// <summary>Whether Proxmox's firewall applies to it.</summary>
    public bool? Firewall { get; init; }
}

/// <summary>A device of the host.</summary>
public sealed record PciDevice
{
    /// <summary>Id of the mapping in Proxmox.</summary>
    [Required, StringLength(128, MinimumLength = 1)]
    public string Mapping { get; init; } = "";

    /// <summary>Whether it is attached as PCI Express; needs machineType q35.</summary>
    public bool? Pcie { get; init; }

    /// <summary>Whether it is the VM's first graphics card.</summary>
    [JsonPropertyName("primaryGPU")]
    public bool? PrimaryGpu { get; init; }

    /// <summary>Whether the device's ROM is shown to the VM.</summary>
    public bool? Rombar { get; init; }
}

/// <summary>A value of the META partition.</summary>
public sealed record MetaValue
{
    /// <summary>Key of the value.</summary>
    [Required, Range(0, 255)]
    public int Key { get; init; }

    /// <summary>The value.</summary>
    [Required, StringLength(65536)]
    public string Value { get; init; } = "";
}

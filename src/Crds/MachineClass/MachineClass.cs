using System.Text.Json.Serialization;
using k8s.Models;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>A VM shape that Omni requests from a Proxmox provider, or a choice among machines that already exist.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = "MachineClass", PluralName = "machineclasses")]
[ShortName("mclass")]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Provider", ".spec.providerRef.name")]
[PrinterColumn("Cores", ".spec.cores", "integer")]
[PrinterColumn("Memory", ".spec.memoryMiB", "integer")]
[PrinterColumn("Disk", ".spec.diskSizeGiB", "integer")]
[PrinterColumn("Storage", ".status.storage")]
[PrinterColumn("Node", ".spec.node", Wide = true)]
[PrinterColumn("Status", ".status.conditions[?(@.type==\"Ready\")].message", Wide = true)]
[Rule("(has(self.spec.omniName) ? self.spec.omniName : self.metadata.name) == (has(oldSelf.spec.omniName) ? oldSelf.spec.omniName : oldSelf.metadata.name)",
    "spec.omniName is immutable (left out, it is the object's name)", FieldPath = ".spec.omniName")]
[Rule("(has(self.spec.omniName) ? self.spec.omniName : self.metadata.name).matches('^[A-Za-z0-9_-]{1,253}$')",
    "the name in Omni (spec.omniName, else the object's name) may hold letters, digits, dashes and underscores only", FieldPath = ".spec.omniName")]
[Rule("has(self.spec.matchLabels) == has(oldSelf.spec.matchLabels)",
    "a class cannot change between matchLabels and a VM shape: make a new one", FieldPath = ".spec")]
public sealed class MachineClass() : OmniScaleObject<MachineClassSpec, MachineClassStatus>("MachineClass")
{
    /// <summary>The class's name in Omni, its default taken in.</summary>
    [JsonIgnore]
    public string OmniName => Spec.OmniName ?? Metadata.Name;
}

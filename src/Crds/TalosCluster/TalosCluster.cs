using System.Text.Json.Serialization;
using k8s.Models;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>A Talos Linux cluster that Omni builds and keeps, the whole of it in one object.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = "TalosCluster", PluralName = "talosclusters")]
[ShortName("tc")]
[PrinterColumn("Phase", ".status.phase")]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Kubernetes", ".status.kubernetesVersion")]
[PrinterColumn("Talos", ".status.talosVersion")]
[PrinterColumn("Control plane", ".status.controlPlaneReady")]
[PrinterColumn("Workers", ".status.workersReady")]
[PrinterColumn("Status", ".status.conditions[?(@.type==\"Ready\")].message", Wide = true)]
[Rule("(has(self.spec.clusterName) ? self.spec.clusterName : self.metadata.name) == (has(oldSelf.spec.clusterName) ? oldSelf.spec.clusterName : oldSelf.metadata.name)",
    "spec.clusterName is immutable (left out, it is the object's name)", FieldPath = ".spec.clusterName")]
[Rule("(has(self.spec.clusterName) ? self.spec.clusterName : self.metadata.name).matches('^[A-Za-z0-9_-]+$')",
    "the cluster's name (spec.clusterName, else the object's name) may hold letters, digits, dashes and underscores only", FieldPath = ".spec.clusterName")]
[Rule("(has(self.spec.clusterName) ? self.spec.clusterName : self.metadata.name).size() <= 41",
    "the cluster's name (spec.clusterName, else the object's name) may have at most 41 characters: with -control-planes and a suffix it becomes a VM name of at most 63", FieldPath = ".spec.clusterName")]
[Rule("!has(self.spec.workers) || self.spec.workers.all(w, (has(self.spec.clusterName) ? self.spec.clusterName : self.metadata.name).size() + 1 + w.name.size() <= 56)",
    "a worker set's name and the cluster's name may together have at most 55 characters: with a suffix they become a VM name of at most 63", FieldPath = ".spec.workers")]
public sealed class TalosCluster() : OmniScaleObject<TalosClusterSpec, TalosClusterStatus>("TalosCluster")
{
    /// <summary>The cluster's name in Omni, its default taken in.</summary>
    [JsonIgnore]
    public string ClusterName => Spec.ClusterName ?? Metadata.Name;
}

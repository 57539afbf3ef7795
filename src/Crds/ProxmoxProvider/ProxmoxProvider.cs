using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using k8s.Models;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>One Proxmox VE cluster and the infrastructure provider that Omni uses to build machines on it.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = "ProxmoxProvider", PluralName = "proxmoxproviders")]
[ShortName("pxp")]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Proxmox", ".status.version")]
[PrinterColumn("Nodes", ".status.nodesOnline")]
[PrinterColumn("Connected", ".status.conditions[?(@.type==\"ProviderConnected\")].status")]
[PrinterColumn("Provider ID", ".status.providerID", Wide = true)]
[PrinterColumn("Status", ".status.conditions[?(@.type==\"Ready\")].message", Wide = true)]
[Rule("(has(self.spec.providerID) ? self.spec.providerID : self.metadata.name) == (has(oldSelf.spec.providerID) ? oldSelf.spec.providerID : oldSelf.metadata.name)",
    "spec.providerID is immutable (left out, it is the object's name)", FieldPath = ".spec.providerID")]
[Rule("(has(self.spec.providerID) ? self.spec.providerID : self.metadata.name).matches('^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$')",
    "the provider id (spec.providerID, else the object's name) may hold letters, digits and dashes only, at most 63, and no dash at its ends", FieldPath = ".spec.providerID")]
public sealed class ProxmoxProvider() : OmniScaleObject<ProxmoxProviderSpec, ProxmoxProviderStatus>("ProxmoxProvider")
{
    /// <summary>The provider's id in Omni, its default taken in.</summary>
    [JsonIgnore]
    public string ProviderId => Spec.ProviderId ?? Metadata.Name;
}

/// <summary>Where Proxmox is, and which provider of Omni works on it.</summary>
public sealed record ProxmoxProviderSpec : IOmniScaleSpec
{
    /// <summary>The Secret of type omniscale.dev/omni that leads to Omni. Default: omni.</summary>
    public LocalReference? OmniSecretRef { get; init; }

    /// <summary>Id of the infrastructure provider in Omni: equal to the --id of the provider process, upper and lower case told apart. Default: the object's name. Immutable.</summary>
    [JsonPropertyName("providerID"), StringLength(63, MinimumLength = 1)]
    public string? ProviderId { get; init; }

    /// <summary>The Proxmox VE cluster.</summary>
    [Required]
    public ProxmoxConnection Proxmox { get; init; } = new();

    /// <summary>How often Proxmox is asked, as a duration such as 1m or 90s; at least 10s. Default: 1m.</summary>
    [StringLength(32)]
    [Rule(Rules.Duration, "must be a duration such as 30s, 5m or 1h30m")]
    [Rule("!" + Rules.Duration + " || duration(self) >= duration('10s')", "must be at least 10s")]
    public string? CheckInterval { get; init; }

    /// <summary>While true, nothing is asked, changed or deleted.</summary>
    [DefaultValue(false)]
    public bool Suspend { get; init; }
}

/// <summary>How to reach Proxmox VE. Without caSecretRef, fingerprints or insecureSkipTLSVerify its certificate must be trusted by the system.</summary>
[Rule("[has(self.caSecretRef), has(self.fingerprints), has(self.insecureSkipTLSVerify) && self.insecureSkipTLSVerify].filter(x, x).size() <= 1",
    "choose one of caSecretRef, fingerprints and insecureSkipTLSVerify")]
public sealed record ProxmoxConnection
{
    /// <summary>Address of any node or of a proxy before them, such as https://192.0.2.5:8006, without a path.</summary>
    [Required, StringLength(2048)]
    [Rule("self.matches('^https://[^/?#@]+/?$')", "must be https://HOST:8006, without user, path or query (/api2/json is added by itself)")]
    public string Url { get; init; } = "";

    /// <summary>The Secret of type omniscale.dev/proxmox with tokenID and tokenSecret, or username, password and realm.</summary>
    [Required]
    public LocalReference CredentialsSecretRef { get; init; } = new();

    /// <summary>A Secret key with the PEM certificates of the authorities to trust, such as /etc/pve/pve-root-ca.pem.</summary>
    public SecretKeyReference? CaSecretRef { get; init; }

    /// <summary>SHA-256 fingerprints of the certificates to accept, one for each node that may answer, as Proxmox shows them: AB:CD:….</summary>
    [MinLength(1), MaxLength(64), ItemLength(95, Min = 4), ListSet]
    public IReadOnlyList<string>? Fingerprints { get; init; }

    /// <summary>Accepts any certificate. For trials only: whoever stands between reads the credentials.</summary>
    [JsonPropertyName("insecureSkipTLSVerify"), DefaultValue(false)]
    public bool InsecureSkipTlsVerify { get; init; }
}

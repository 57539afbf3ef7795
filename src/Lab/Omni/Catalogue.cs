using Google.Protobuf;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni;

/// <summary>The versions of Talos and Kubernetes that the server knows, and its own.</summary>
internal static class Catalogue
{
    private const int LatestTalosMinor = 13;
    private const int LatestKubernetesMinor = 36;

    /// <summary>How many minors of Kubernetes one minor of Talos supports.</summary>
    private const int KubernetesMinorsPerTalos = 6;

    private const int PatchesPerMinor = 9;

    /// <summary>The catalogue of system extensions; the same for every version of Talos.</summary>
    public static readonly IReadOnlySet<string> Extensions = new HashSet<string>(StringComparer.Ordinal)
    {
        "siderolabs/amd-ucode", "siderolabs/amdgpu", "siderolabs/binfmt-misc", "siderolabs/btrfs", "siderolabs/cloudflared", "siderolabs/crun",
        "siderolabs/drbd", "siderolabs/fuse3", "siderolabs/gasket-driver", "siderolabs/glibc", "siderolabs/gvisor", "siderolabs/hello-world-service",
        "siderolabs/i915", "siderolabs/intel-ucode", "siderolabs/iscsi-tools", "siderolabs/kata-containers", "siderolabs/mdadm",
        "siderolabs/netbird", "siderolabs/nfs-utils", "siderolabs/nfsd", "siderolabs/nut-client", "siderolabs/qemu-guest-agent", "siderolabs/spin",
        "siderolabs/stargz-snapshotter", "siderolabs/tailscale", "siderolabs/util-linux-tools", "siderolabs/v4l-uvc-drivers", "siderolabs/wasmedge",
        "siderolabs/zfs",
    };

    /// <summary>The oldest minor of Talos that a version of Omni still supports.</summary>
    public static int MinTalosMinor(OmniVersion version) => version switch
    {
        _ when version.IsAtLeast(1, 8) => 9,
        _ when version.IsAtLeast(1, 6) => 8,
        _ when version.IsAtLeast(1, 5) => 7,
        _ => 6,
    };

    public static void Publish(OmniStore store, OmniVersion version)
    {
        for (var minor = 6; minor <= LatestTalosMinor; minor++)
        {
            for (var patch = 0; patch < PatchesPerMinor; patch++)
            {
                var spec = new TalosVersionSpec { Version = $"1.{minor}.{patch}", Deprecated = minor < MinTalosMinor(version) };
                spec.CompatibleKubernetesVersions.AddRange(KubernetesFor(minor));
                Put(store, KnownTypes.TalosVersions, spec.Version, spec);
            }
        }

        // A version beyond those that this Omni was released with.
        Put(store, KnownTypes.TalosVersions, "1.99.0", new TalosVersionSpec { Version = "1.99.0", Unsupported = true });

        for (var minor = LatestKubernetesMinor - LatestTalosMinor + 1; minor <= LatestKubernetesMinor; minor++)
        {
            for (var patch = 0; patch < PatchesPerMinor; patch++)
                Put(store, KnownTypes.KubernetesVersions, $"1.{minor}.{patch}", new KubernetesVersionSpec { Version = $"1.{minor}.{patch}" });
        }

        Put(store, KnownTypes.SysVersions, "current", new SysVersionSpec
        {
            BackendVersion = $"v{version}.0",
            InstanceName = "lab",
            BackendApiVersion = 1,
        });
    }

    private static IEnumerable<string> KubernetesFor(int talosMinor)
    {
        var latest = LatestKubernetesMinor - (LatestTalosMinor - talosMinor);
        return
            from minor in Enumerable.Range(latest - KubernetesMinorsPerTalos + 1, KubernetesMinorsPerTalos)
            from patch in Enumerable.Range(0, PatchesPerMinor)
            select $"1.{minor}.{patch}";
    }

    private static void Put(OmniStore store, string type, string id, IMessage spec)
    {
        var metadata = new Metadata
        {
            Namespace = KnownTypes.NamespaceOf(type),
            Type = type,
            Id = id,
            Version = "undefined",
            Phase = Phases.Running,
            Owner = "VersionsController",
        };
        var bytes = spec.ToByteString();
        if (store.Table.Find(new ResourceKey(metadata.Namespace, type, id))?.ProtoSpec != bytes)
            store.Put(metadata, bytes);
    }
}

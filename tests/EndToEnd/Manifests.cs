using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;

namespace OmniScale.EndToEnd;

/// <summary>What users apply.</summary>
internal static class Manifests
{
    public static string OmniSecret(OmniSimulator omni) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: omni}
        type: omniscale.dev/omni
        stringData:
          endpoint: {{omni.Endpoint}}
          serviceAccountKey: {{omni.CreateServiceAccountKey("omniscale", Role.Operator)}}
        """;

    /// <summary>A cluster with a machine class of the same name, and a provider whose Proxmox nobody reaches: seven resources in Omni.</summary>
    public static string Cluster(string name) => """
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {name: matrix-cluster}
        spec:
          proxmox: {url: "https://127.0.0.1:1", credentialsSecretRef: {name: none}}
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: NAME}
        spec:
          providerRef: {name: matrix-cluster}
          cores: 4
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: name == "local-lvm"
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: NAME}
        spec:
          kubernetes: {version: v1.36.2}
          talos: {version: v1.13.6}
          labels: {environment: test}
          systemExtensions: [siderolabs/iscsi-tools]
          patches:
            - name: cni
              inline: {cluster: {network: {cni: {name: none}}}}
          controlPlane: {machineClass: {name: NAME, size: 1}}
          workers:
            - machineClass: {name: NAME, size: 1}
              patches:
                - name: zone
                  inline: {machine: {nodeLabels: {zone: a}}}
        """.Replace("NAME", name, StringComparison.Ordinal);
}

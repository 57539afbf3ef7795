namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>The JSON schema that the Proxmox provider publishes for its provider data. Unknown keys pass it.</summary>
internal static class ProviderSchema
{
    public const string Json = """
        {
          "type": "object",
          "required": ["cores", "memory", "disk_size", "storage_selector"],
          "properties": {
            "cores": {"type": "integer", "minimum": 1},
            "sockets": {"type": "integer", "minimum": 1},
            "memory": {"type": "integer", "minimum": 2048, "description": "MiB"},
            "disk_size": {"type": "integer", "minimum": 5, "description": "GiB"},
            "storage_selector": {"type": "string", "description": "CEL expression that picks the storage"},
            "node": {"type": "string"},
            "network_bridge": {"type": "string"},
            "vlan": {"type": "integer", "minimum": 0},
            "disk_ssd": {"type": "boolean"},
            "disk_discard": {"type": "boolean"},
            "disk_iothread": {"type": "boolean"},
            "disk_cache": {"type": "string", "enum": ["none", "writeback", "writethrough", "directsync", "unsafe"]},
            "disk_aio": {"type": "string", "enum": ["native", "threads", "io_uring"]},
            "cpu_type": {"type": "string"},
            "machine_type": {"type": "string", "enum": ["q35", "i440fx"]},
            "numa": {"type": "boolean"},
            "hugepages": {"type": "string", "enum": ["2MB", "1GB"]},
            "balloon": {"type": "boolean"},
            "additional_nics": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["bridge"],
                "properties": {
                  "bridge": {"type": "string"},
                  "vlan": {"type": "integer", "minimum": 0},
                  "firewall": {"type": "boolean"}
                }
              }
            },
            "pci_devices": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["mapping"],
                "properties": {
                  "mapping": {"type": "string"},
                  "pcie": {"type": "boolean"},
                  "primary_gpu": {"type": "boolean"},
                  "rombar": {"type": "boolean"}
                }
              }
            },
            "additional_disks": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["disk_size", "storage_selector"],
                "properties": {
                  "disk_size": {"type": "integer", "minimum": 1},
                  "storage_selector": {"type": "string"},
                  "disk_ssd": {"type": "boolean"},
                  "disk_discard": {"type": "boolean"},
                  "disk_iothread": {"type": "boolean"},
                  "disk_cache": {"type": "string"},
                  "disk_aio": {"type": "string"}
                }
              }
            }
          }
        }
        """;
}

namespace OmniScale.Lab.Proxmox;

/// <summary>The cluster of the demo and the tests: three equal nodes, local and Ceph storages, and the provider's account.</summary>
public static class MatrixCluster
{
    public const string UserId = "omni@pve";
    public const string Password = "lab-password";
    public const string TokenId = "omni@pve!operator";
    public const string TokenSecret = "00000000-0000-0000-0000-000000000000";

    public static SimulatedCluster Create() => new()
    {
        Name = "matrix",
        Nodes = [Node("foxtrot"), Node("golf"), Node("hotel")],
        Storages =
        [
            new() { Name = "local", Type = "dir", Content = ["iso", "vztmpl", "backup"], TotalBytes = 100UL << 30, UsedBytes = 12UL << 30 },
            new() { Name = "local-lvm", Type = "lvmthin", Content = ["images", "rootdir"], TotalBytes = 800UL << 30, UsedBytes = 160UL << 30 },
            new()
            {
                Name = "vm_ssd", Type = "rbd", Content = ["images", "rootdir"], Shared = true,
                TotalBytes = 12_000_000_000_000, UsedBytes = 3_000_000_000_000,
            },
        ],
        Users = [new() { Id = UserId, Password = Password, Tokens = [new() { Name = "operator", Secret = TokenSecret, PrivilegeSeparation = false }] }],
        Acl =
        [
            Acl("/", propagate: false, "Sys.Audit"),
            Acl("/nodes", propagate: true, "Sys.Audit", "Sys.AccessNetwork"),
            Acl("/storage", propagate: true, "Datastore.Audit", "Datastore.AllocateSpace", "Datastore.AllocateTemplate", "Datastore.Allocate"),
            Acl("/vms", propagate: true, "VM.Allocate", "VM.Audit", "VM.PowerMgmt", "VM.Config.CPU", "VM.Config.Memory", "VM.Config.Disk",
                "VM.Config.Network", "VM.Config.HWType", "VM.Config.Options", "VM.Config.CDROM"),
            Acl("/sdn/zones/localnetwork", propagate: true, "SDN.Use", "SDN.Audit"),
            Acl("/mapping", propagate: true, "Mapping.Use"),
            Acl("/pool", propagate: true, "Pool.Audit", "Pool.Allocate"),
        ],
    };

    private static SimulatedNode Node(string name) =>
        new() { Name = name, Bridges = [new() { Name = "vmbr0", VlanAware = true, Ports = "eno1" }] };

    private static SimulatedAcl Acl(string path, bool propagate, params string[] privileges) =>
        new() { Path = path, Who = UserId, Privileges = [.. privileges], Propagate = propagate };
}

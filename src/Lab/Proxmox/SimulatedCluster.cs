namespace OmniScale.Lab.Proxmox;

/// <summary>What the simulated Proxmox cluster consists of, as the inventory file writes it (YAML or JSON, camelCase keys).</summary>
public sealed class SimulatedCluster
{
    /// <summary>
    /// The version that the API reports and behaves like: resource mappings and SDN checks from 8, messages in the bodies of errors from 8.4, terse reasons
    /// with 401 from 9.1.5.
    /// </summary>
    public string Version { get; set; } = "9.1.5";

    public string RepoId { get; set; } = "80cf92a64bef6889";

    /// <summary>Null for a stand-alone host, whose cluster status has no cluster row.</summary>
    public string? Name { get; set; }

    public bool Quorate { get; set; } = true;

    public List<SimulatedNode> Nodes { get; set; } = [];

    public List<SimulatedStorage> Storages { get; set; } = [];

    public List<SimulatedPciMapping> PciMappings { get; set; } = [];

    public List<SimulatedUser> Users { get; set; } = [];

    public List<SimulatedAcl> Acl { get; set; } = [];

    internal string Release => string.Join('.', Version.Split('-')[0].Split('.').Take(2));

    internal Version ParsedVersion => System.Version.Parse(Version.Split('-')[0]);
}

public sealed class SimulatedNode
{
    public string Name { get; set; } = "";

    /// <summary><c>online</c>, <c>offline</c> or <c>unknown</c>. Requests that must be answered by an offline node end in 595.</summary>
    public string Status { get; set; } = "online";

    public int Cpus { get; set; } = 32;

    public long MemoryBytes { get; set; } = 128L << 30;

    public long UsedMemoryBytes { get; set; } = 16L << 30;

    public List<SimulatedBridge> Bridges { get; set; } = [];
}

/// <summary>A storage as the cluster-wide storage configuration knows it.</summary>
public sealed class SimulatedStorage
{
    public string Name { get; set; } = "";

    public string Type { get; set; } = "dir";

    public List<string> Content { get; set; } = [];

    /// <summary>The nodes the storage is restricted to; null means all of them. Other nodes still list it, with <c>enabled: 0</c>.</summary>
    public List<string>? Nodes { get; set; }

    public bool Disabled { get; set; }

    public bool Shared { get; set; }

    public ulong TotalBytes { get; set; }

    public ulong UsedBytes { get; set; }

    /// <summary>The nodes on which the storage is configured but not reachable.</summary>
    public List<string> InactiveOn { get; set; } = [];
}

public sealed class SimulatedBridge
{
    public string Name { get; set; } = "";

    /// <summary><c>bridge</c>, <c>OVSBridge</c> or <c>vnet</c>.</summary>
    public string Type { get; set; } = "bridge";

    public bool Active { get; set; } = true;

    public bool VlanAware { get; set; }

    public string Ports { get; set; } = "";

    /// <summary>The SDN zone; plain bridges are in <c>localnetwork</c>.</summary>
    public string Zone { get; set; } = "localnetwork";
}

public sealed class SimulatedPciMapping
{
    public string Id { get; set; } = "";

    public string? Description { get; set; }

    public bool Mdev { get; set; }

    /// <summary>Property strings such as <c>node=golf,path=0000:01:00.0,id=10de:1eb8,iommugroup=12</c>.</summary>
    public List<string> Map { get; set; } = [];
}

public sealed class SimulatedUser
{
    /// <summary><c>name@realm</c>.</summary>
    public string Id { get; set; } = "";

    public string? Password { get; set; }

    public bool Enabled { get; set; } = true;

    /// <summary>A login with the password alone only yields a half ticket.</summary>
    public bool SecondFactor { get; set; }

    public List<SimulatedToken> Tokens { get; set; } = [];
}

public sealed class SimulatedToken
{
    public string Name { get; set; } = "";

    public string Secret { get; set; } = "";

    /// <summary>With separation, the token can do what both the user's and its own ACLs grant; without, all that the user can.</summary>
    public bool PrivilegeSeparation { get; set; } = true;

    /// <summary>Unix seconds; 0 is never.</summary>
    public long Expire { get; set; }
}

public sealed class SimulatedAcl
{
    public string Path { get; set; } = "/";

    /// <summary><c>user@realm</c> or <c>user@realm!token</c>.</summary>
    public string Who { get; set; } = "";

    /// <summary>An empty list works like the role NoAccess: it replaces what is inherited.</summary>
    public List<string> Privileges { get; set; } = [];

    public bool Propagate { get; set; } = true;
}

namespace OmniScale.Lab.Proxmox;

/// <summary>Effective permissions: the nearest ACL on the way up replaces the ones above it, and only propagating ones reach below their own path.</summary>
internal sealed class SimulatedPermissions(SimulatedCluster cluster, Principal principal)
{
    /// <summary>The privileges on a path, each with its propagate flag.</summary>
    public SortedDictionary<string, bool> On(string path)
    {
        var user = Granted(principal.UserId, path);
        if (principal.Token is not { PrivilegeSeparation: true })
            return user;
        var own = Granted(principal.Id, path);
        foreach (var privilege in own.Keys.Except(user.Keys).ToList())
            own.Remove(privilege);
        return own;
    }

    public bool HasAny(string path, params ReadOnlySpan<string> privileges)
    {
        var granted = On(path);
        foreach (var privilege in privileges)
        {
            if (granted.ContainsKey(privilege))
                return true;
        }
        return false;
    }

    /// <exception cref="ApiError">403, with the text that the real server sends.</exception>
    public void Require(string path, string privilege)
    {
        if (!HasAny(path, privilege))
            throw new ApiError(403, $"Permission check failed ({path}, {privilege})");
    }

    private SortedDictionary<string, bool> Granted(string who, string path)
    {
        for (var at = path; ; at = Parent(at))
        {
            var entries = cluster.Acl.FindAll(a => a.Who == who && a.Path == at && (a.Propagate || at == path));
            if (entries.Count > 0 || at == "/")
            {
                var result = new SortedDictionary<string, bool>(StringComparer.Ordinal);
                foreach (var entry in entries)
                {
                    foreach (var privilege in entry.Privileges)
                        result[privilege] = entry.Propagate || result.GetValueOrDefault(privilege);
                }
                return result;
            }
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}

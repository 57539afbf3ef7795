namespace OmniScale.Crds.Schema;

/// <summary>Rules that several types share.</summary>
internal static class Rules
{
    public const string NotReserved = "self.all(k, !k.startsWith('omni.sidero.dev/') && !k.startsWith('omniscale.dev/'))";
    public const string NotReservedMessage = "keys that begin with omni.sidero.dev/ or omniscale.dev/ are reserved";
    public const string Version = "self.matches('^v?[0-9]+\\\\.[0-9]+\\\\.[0-9]+(-[0-9A-Za-z.-]+)?$')";
    public const string Duration = "self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$')";
    public const string MachinesOrClass = "has(self.machines) != has(self.machineClass)";
    public const string MachinesOrClassMessage = "give either machineClass or machines";
}

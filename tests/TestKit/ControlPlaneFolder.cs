using System.Globalization;
using System.Security.Cryptography;

namespace OmniScale.TestKit;

/// <summary>The folder of a control plane's data, named after the process it belongs to.</summary>
internal static class ControlPlaneFolder
{
    private const string Prefix = "omniscale-controlplane-";

    /// <summary>Creates one, and deletes those that killed processes left behind.</summary>
    public static string Create()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (Directory.Exists("/proc/self") && !Directory.Exists($"/proc/{owner}"))
            {
                Delete(folder);
            }
        }
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        return Directory.CreateTempSubdirectory(name + "-").FullName;
    }

    public static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A server that was just killed may still write, or another user owns it: the next run tries again.
        }
    }
}

using System.Globalization;

namespace OmniScale.Chaos;

/// <summary>Which process has which end of a TCP connection of this machine, as Linux tells it.</summary>
internal static class ProcessSockets
{
    private const string Listening = "0A";

    /// <summary>Whether a process has the end of a connection that is at this port.</summary>
    public static bool Has(int process, int port)
    {
        var own = Inodes(process);
        return own.Count > 0 && Table().Any(socket => socket.Port == port && own.Contains(socket.Inode));
    }

    /// <summary>The port at which a process listens; null while it does not.</summary>
    public static int? ListensAt(int process)
    {
        var own = Inodes(process);
        return Table().Where(socket => socket.State == Listening && own.Contains(socket.Inode)).Select(socket => (int?)socket.Port).FirstOrDefault();
    }

    /// <summary>A socket that speaks both versions of the protocol stands in the second table, whichever it uses.</summary>
    private static IEnumerable<(int Port, string State, string Inode)> Table() =>
        from file in (string[])["/proc/net/tcp", "/proc/net/tcp6"]
        where File.Exists(file)
        from line in File.ReadLines(file).Skip(1)
        let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let local = fields[1]
        select (int.Parse(local.AsSpan(local.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), fields[3], fields[9]);

    private static HashSet<string> Inodes(int process)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(Target).OfType<string>()
                .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).Select(target => target["socket:[".Length..^1])];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return [];
        }
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }
}

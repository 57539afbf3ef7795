namespace OmniScale.TestKit;

/// <summary>The clone that the tests run in.</summary>
public static class Repository
{
    /// <summary>The folder of OmniScale.sln, above the test assembly.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OmniScale.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"There is no OmniScale.sln above {AppContext.BaseDirectory}.");
    }
}

namespace OmniScale.TestKit;

/// <summary>Where etcd, kube-apiserver and kubectl are: the same rules as in hack/controlplane/lib.sh.</summary>
internal static class ControlPlanePrograms
{
    private static readonly Lazy<Task> s_ensured = new(BuildAsync);

    public static string Kubectl
    {
        get
        {
            var ours = Path.Combine(Folder, "kubectl");
            return File.Exists(ours) ? ours : "kubectl";
        }
    }

    private static string Folder =>
        NotEmpty("KUBEBUILDER_ASSETS") ?? Path.Combine(
            NotEmpty("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "omniscale", "controlplane", "bin");

    /// <summary>Builds them if they are not there or not up to date, which is quick to find out.</summary>
    /// <exception cref="InvalidOperationException">They could not be built.</exception>
    public static Task EnsureAsync() => s_ensured.Value;

    private static async Task BuildAsync()
    {
        var build = Path.Combine(Repository.Root, "hack", "controlplane", "build.sh");
        var result = await Command.RunAsync(build, ["--quiet"], input: null, Console.Error.WriteLine);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"There is no control plane to test with; run 'make controlplane'.\n{result.Error}");
        }
    }

    private static string? NotEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}

using System.Diagnostics;
using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

/// <summary>hack/controlplane's scripts, run as the demo and a developer run them.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("omniscale-script-tests-").FullName;

    private static string CachedPrograms => Variable("KUBEBUILDER_ASSETS")
        ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Variable("HOME")!, ".cache"), "omniscale", "controlplane", "bin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_WithKubebuilderAssets_StartsTheProgramsThereAndIssuesTokensForUsers()
    {
        var data = Path.Combine(_folder, "data");
        var emptyCache = Path.Combine(_folder, "cache");
        var start = await RunAsync("run.sh", emptyCache, CachedPrograms, "start", data);
        try
        {
            Assert.Equal((0, $"The control plane is ready: {data}/kubeconfig\n"), (start.Code, start.Output));
            var user = await RunAsync("run.sh", emptyCache, CachedPrograms, "user", data, "alice", "readers", "writers");
            await File.WriteAllTextAsync(Path.Combine(data, "alice"), user.Output, TestContext.Current.CancellationToken);

            Assert.Equal("alice readers writers system:authenticated", await WhoAsync("alice"));
            Assert.Equal("admin system:masters system:authenticated", await WhoAsync("kubeconfig"));
        }
        finally
        {
            var stop = await RunAsync("run.sh", emptyCache, CachedPrograms, "stop", data);
            Assert.Equal(0, stop.Code);
        }
        Assert.Empty(Directory.EnumerateFiles(data, "*.pid"));
        Assert.False(Directory.Exists(Path.Combine(emptyCache, "omniscale")));

        async Task<string> WhoAsync(string kubeconfig)
        {
            string[] arguments = ["--kubeconfig", Path.Combine(data, kubeconfig), "auth", "whoami"];
            return (await ExecuteAsync(
                Path.Combine(CachedPrograms, "kubectl"), [], [.. arguments, "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups[*]}"])).Output;
        }
    }

    [Fact]
    public async Task Build_WhenKubebuilderAssetsHasNoApiServer_SaysSo()
    {
        var result = await RunAsync("build.sh", _folder, _folder);

        Assert.Equal((1, $"KUBEBUILDER_ASSETS is {_folder}, but there is no program kube-apiserver in it.\n"), (result.Code, result.Error));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Task<(int Code, string Output, string Error)> RunAsync(string script, string cache, string assets, params string[] arguments) =>
        ExecuteAsync(
            Path.Combine(Repository.Root, "hack", "controlplane", script),
            new() { ["XDG_CACHE_HOME"] = cache, ["KUBEBUILDER_ASSETS"] = assets },
            arguments);

    private static async Task<(int Code, string Output, string Error)> ExecuteAsync(
        string program, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}

using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

public sealed class CustomResourceTests(ControlPlane controlPlane, Widgets widgets) : IClassFixture<Widgets>, IAsyncLifetime
{
    private string _namespace = "";

    public async ValueTask InitializeAsync() => _namespace = await controlPlane.CreateNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Create_WhenAFieldIsLeftOut_FillsInItsDefault()
    {
        await controlPlane.ApplyAsync(widgets.Yaml("w", "{ size: 3 }"), _namespace);

        Assert.Equal("10", await GetAsync("{.spec.limit}"));
    }

    [Theory]
    [InlineData("{ size: 0 }", "spec.size in body should be greater than or equal to 1")]
    [InlineData("{ limit: 3 }", "spec.size: Required value")]
    [InlineData("{ size: 5, limit: 4 }", "size must not exceed limit")]
    [InlineData("{ size: 5, colour: red }", "unknown field \"spec.colour\"")]
    public async Task Create_WhenTheSchemaOrARuleForbidsIt_IsRejected(string spec, string message)
    {
        var result = await controlPlane.KubectlAsync(["apply", "-n", _namespace, "-f", "-"], widgets.Yaml("w", spec));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_WhenATransitionRuleForbidsIt_IsRejected()
    {
        await controlPlane.ApplyAsync(widgets.Yaml("w", "{ size: 3, color: red }"), _namespace);

        var result = await controlPlane.KubectlAsync(["apply", "-n", _namespace, "-f", "-"], widgets.Yaml("w", "{ size: 3, color: blue }"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("color is immutable", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusSubresource_WhenPatched_ChangesStatusAloneAndKeepsTheGeneration()
    {
        await controlPlane.ApplyAsync(widgets.Yaml("w", "{ size: 3 }"), _namespace);

        await PatchAsync("--subresource=status", """{"spec":{"size":9},"status":{"phase":"Ready"}}""");
        Assert.Equal("3 Ready 1", await GetAsync("{.spec.size} {.status.phase} {.metadata.generation}"));

        await PatchAsync("--type=merge", """{"spec":{"size":4},"status":{"phase":"Lost"}}""");
        Assert.Equal("4 Ready 2", await GetAsync("{.spec.size} {.status.phase} {.metadata.generation}"));
    }

    [Fact]
    public async Task Get_ShowsThePrinterColumns()
    {
        await controlPlane.ApplyAsync(widgets.Yaml("w", "{ size: 3 }"), _namespace);
        await PatchAsync("--subresource=status", """{"status":{"phase":"Ready"}}""");

        var table = await controlPlane.KubectlAsync("get", "things", "-n", _namespace);

        var lines = table.EnsureSuccess().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NAME", "SIZE", "PHASE"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["w", "3", "Ready"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task ServerSideApply_WhenAnotherManagerOwnsTheField_ConflictsUntilForced()
    {
        string[] apply = ["apply", "-n", _namespace, "-f", "-", "--server-side", "--field-manager"];
        (await controlPlane.KubectlAsync([.. apply, "first"], widgets.Yaml("w", "{ size: 3 }"))).EnsureSuccess();

        var conflict = await controlPlane.KubectlAsync([.. apply, "second"], widgets.Yaml("w", "{ size: 4 }"));
        Assert.Equal(1, conflict.ExitCode);
        Assert.Contains("conflict with \"first\": .spec.size", conflict.Error, StringComparison.Ordinal);

        (await controlPlane.KubectlAsync([.. apply, "second", "--force-conflicts"], widgets.Yaml("w", "{ size: 4 }"))).EnsureSuccess();
        Assert.Equal("4", await GetAsync("{.spec.size}"));
    }

    private async Task PatchAsync(string how, string patch) =>
        (await controlPlane.KubectlAsync("patch", widgets.Resource, "w", "-n", _namespace, how, "--type=merge", "-p", patch)).EnsureSuccess();

    private async Task<string> GetAsync(string path) =>
        (await controlPlane.KubectlAsync("get", widgets.Resource, "w", "-n", _namespace, "-o", $"jsonpath={path}")).EnsureSuccess().Output;
}

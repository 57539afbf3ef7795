using OmniScale.Crds.Tests;
using OmniScale.TestKit;

[assembly: AssemblyFixture(typeof(ApiServer))]

namespace OmniScale.Crds.Tests;

/// <summary>An API server that has the CustomResourceDefinitions of config/crd.</summary>
public sealed class ApiServer : IAsyncLifetime
{
    private ControlPlane? _controlPlane;

    public ControlPlane ControlPlane => _controlPlane ?? throw new InvalidOperationException("The API server was not started.");

    public async ValueTask InitializeAsync()
    {
        _controlPlane = await ControlPlane.StartAsync();
        await SucceedAsync("apply", "--server-side", "-k", "config/crd");
        await SucceedAsync("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    }

    public ValueTask DisposeAsync() => _controlPlane?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Runs kubectl in the clone's folder and returns its output.</summary>
    /// <exception cref="InvalidOperationException">kubectl failed.</exception>
    public async Task<string> SucceedAsync(params string[] arguments) => (await ControlPlane.KubectlAsync(arguments)).EnsureSuccess().Output;

    /// <summary>Applies what a user would, refusing unknown fields.</summary>
    public Task<CommandResult> ApplyAsync(string @namespace, string yaml, params string[] options) => ControlPlane.KubectlAsync(
        ["apply", "--validate=strict", "--namespace", @namespace, .. options, "-f", "-"], yaml);
}

using OmniScale.TestKit;

[assembly: AssemblyFixture(typeof(OmniScale.Operator.Tests.Installation))]

// Stories mostly wait, so that more of them run at once than there are cores.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 6, Algorithm = Xunit.Sdk.ParallelAlgorithm.Conservative)]

namespace OmniScale.Operator.Tests;

/// <summary>A control plane with OmniScale's definitions and roles, shared by the tests of the assembly; each works in a namespace of its own.</summary>
public sealed class Installation : IAsyncLifetime
{
    public ControlPlane ControlPlane { get; } = new();

    /// <summary>The operator's own identity, with the rights that users install.</summary>
    public string OperatorKubeconfig { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        // Each host would watch its settings files, and the number of watches is limited for all processes of a user together.
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
        await ControlPlane.InitializeAsync();
        (await ControlPlane.KubectlAsync("apply", "--server-side", "-k", Path.Combine(Repository.Root, "config", "crd"))).EnsureSuccess();
        (await ControlPlane.KubectlAsync("apply", "-k", Path.Combine(Repository.Root, "config", "default"))).EnsureSuccess();
        (await ControlPlane.KubectlAsync("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")).EnsureSuccess();
        OperatorKubeconfig = ControlPlane.CreateServiceAccountKubeconfig("omniscale-system", "omniscale-operator");
    }

    public ValueTask DisposeAsync() => ControlPlane.DisposeAsync();
}

using OmniScale.Operator.Tests;
using OmniScale.TestKit;

namespace OmniScale.EndToEnd;

/// <summary>The operator's program as a process that can be killed.</summary>
internal static class OperatorProcess
{
    public static Task<ServerProcess> StartAsync(Installation installation, string @namespace, params string[] arguments) =>
        StartAsync(installation.OperatorKubeconfig, @namespace, arguments);

    public static Task<ServerProcess> StartAsync(string kubeconfig, string @namespace, params string[] arguments)
    {
        // The program stands beside the tests, which refer to its project.
        var program = Path.Combine(AppContext.BaseDirectory, "omniscale-operator");
        return ServerProcess.StartAsync(program, ["--kubeconfig", kubeconfig, "--namespaces", @namespace,
            "--cluster-id", "test", "--log-level", "Warning", .. arguments]);
    }
}

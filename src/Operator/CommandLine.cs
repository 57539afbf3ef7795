using System.CommandLine;

namespace OmniScale.Operator;

/// <summary>The command line of the operator.</summary>
internal static class CommandLine
{
    public static RootCommand Create(Func<OperatorOptions, CancellationToken, Task<int>> run)
    {
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Kubeconfig file (default: KUBECONFIG, ~/.kube/config, or the pod's service account)." };
        var namespaces = new Option<string[]>("--namespaces")
        {
            Description = "Namespaces to follow, separated by commas (default: all).",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var clusterId = new Option<string?>("--cluster-id")
        {
            Description = "Names this bootstrap cluster in the owner marks in Omni (default: the UID of namespace kube-system). Set it where the bootstrap cluster is rebuilt from git.",
        };
        var leaderElect = new Option<bool>("--leader-elect")
        {
            Description = "Work only while holding a lease, so that several replicas can run (default: in a pod).",
            DefaultValueFactory = _ => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST")),
        };
        var leaseNamespace = new Option<string?>("--lease-namespace") { Description = "Namespace of the lease (default: the pod's, else that of the kubeconfig)." };
        var leaseName = new Option<string>("--lease-name") { Description = "Name of the lease.", DefaultValueFactory = _ => new OperatorOptions().LeaseName };
        var leaseDuration = new Option<int>("--lease-duration")
        {
            Description = "Seconds after which a leader that fell silent is replaced. It gives up by itself after half of them.",
            DefaultValueFactory = _ => (int)new OperatorOptions().LeaseDuration.TotalSeconds,
        };
        var health = new Option<string>("--health-address") { Description = "Where /livez, /readyz and /metrics are served.", DefaultValueFactory = _ => new OperatorOptions().HealthAddress };
        var workers = new Option<int>("--workers") { Description = "How many objects of a kind are worked on at once; one namespace gets three quarters at most.", DefaultValueFactory = _ => new OperatorOptions().Workers };
        var qps = new Option<int>("--kube-api-qps") { Description = "Requests per second to the API server at most.", DefaultValueFactory = _ => new OperatorOptions().KubeApi.PerSecond };
        var burst = new Option<int>("--kube-api-burst") { Description = "Requests to the API server that may come at once after a quiet time.", DefaultValueFactory = _ => new OperatorOptions().KubeApi.Burst };
        var format = new Option<string>("--log-format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var level = new Option<LogLevel>("--log-level") { Description = "Trace, Debug, Information, Warning or Error.", DefaultValueFactory = _ => LogLevel.Information };
        clusterId.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } value && (value.Length is 0 or > 253 || value.Contains('/', StringComparison.Ordinal)))
            {
                result.AddError("--cluster-id must have 1 to 253 characters and no slash.");
            }
        });
        leaseDuration.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 10 or > 600)
            {
                result.AddError("--lease-duration must be between 10 and 600.");
            }
        });
        foreach (var (option, most) in new[] { (workers, 256), (qps, 10_000), (burst, 10_000) })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
                {
                    result.AddError($"{option.Name} must be between 1 and {most}.");
                }
            });
        }

        var root = new RootCommand("Kubernetes operator for Sidero Omni on Proxmox VE: reconciles ProxmoxProvider, MachineClass and TalosCluster.")
        {
            kubeconfig, namespaces, clusterId, leaderElect, leaseNamespace, leaseName, leaseDuration, health, workers, qps, burst, format, level,
        };
        root.SetAction((result, ct) => run(new OperatorOptions
        {
            Kubeconfig = result.GetValue(kubeconfig),
            Namespaces = [.. (result.GetValue(namespaces) ?? []).SelectMany(n => n.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()],
            ClusterId = result.GetValue(clusterId),
            LeaderElect = result.GetValue(leaderElect),
            LeaseNamespace = result.GetValue(leaseNamespace),
            LeaseName = result.GetValue(leaseName)!,
            LeaseDuration = TimeSpan.FromSeconds(result.GetValue(leaseDuration)),
            HealthAddress = result.GetValue(health)!,
            Workers = result.GetValue(workers),
            KubeApi = new(result.GetValue(qps), result.GetValue(burst)),
            JsonLog = result.GetValue(format) == "json",
            LogLevel = result.GetValue(level),
        }, ct));
        return root;
    }
}

using k8s;
using k8s.Exceptions;
using Microsoft.Extensions.Logging.Console;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Operator.Connections;
using OmniScale.Operator.Controllers;
using OmniScale.Operator.Controllers.MachineClasses;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Operator.Controllers.TalosClusters;
using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>Puts the operator together and runs it.</summary>
internal static class OperatorHost
{
    private const string Name = "omniscale-operator";

    /// <summary>Connections that nobody needs are kept open for a while: objects come and go together.</summary>
    private static readonly TimeSpan ConnectionGrace = TimeSpan.FromMinutes(1);

    /// <summary>Within a pod's usual grace period of 30 seconds.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <returns>The exit code: 0 when asked to stop, 1 when a loop failed or the start did.</returns>
    public static async Task<int> RunAsync(OperatorOptions options, CancellationToken ct)
    {
        KubernetesClientConfiguration configuration;
        try
        {
            configuration = KubeConfiguration.Load(options.Kubeconfig);
        }
        catch (KubeConfigException e)
        {
            await Console.Error.WriteLineAsync($"omniscale-operator: {e.Message}");
            return 1;
        }

        using var leadership = options.LeaderElect ? new Leadership(LeaseOf(options, configuration), TimeProvider.System) : null;
        using var client = new KubeClient(configuration, Name, TimeProvider.System, leadership, options.KubeApi);
        await using var app = Build(options, client, TimeProvider.System, leadership: leadership);

        // Asked for before the run, which disposes of the services at its end.
        HostedLoop[] loops = [.. app.Services.GetServices<IHostedService>().OfType<HostedLoop>()];
        await app.RunAsync(ct);
        return loops.Any(loop => loop.HasFailed) ? 1 : 0;
    }

    /// <summary>The operator, ready to start.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="client">The API server. Its writes need the same leadership.</param>
    /// <param name="time">The clock.</param>
    /// <param name="configure">Changes what was registered; for tests.</param>
    /// <param name="leadership">Null for an operator that has the work for itself.</param>
    public static WebApplication Build(
        OperatorOptions options, KubeClient client, TimeProvider time, Action<IServiceCollection>? configure = null, Leadership? leadership = null)
    {
        // Nothing is read from files or the environment but what the command line and Kubernetes' own conventions say.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls(options.HealthAddress);
        ConfigureLogging(builder.Logging, options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        Register(builder.Services, options, client, time, leadership);
        builder.AddObservability(leadership);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapMetrics();
        app.MapHealth();

        // Nobody asks for it: it listens, and gives the stores their indexes before anything is in them.
        _ = app.Services.GetRequiredService<Triggers>();
        return app;
    }

    private static void ConfigureLogging(ILoggingBuilder logging, OperatorOptions options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.LogLevel);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        if (options.JsonLog)
        {
            logging.AddJsonConsole(console =>
            {
                console.IncludeScopes = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.IncludeScopes = true;
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }

    /// <summary>The pod's name, and what no other process has: a container that is started again must not pass for the one before it.</summary>
    private static LeaderElectionOptions LeaseOf(OperatorOptions options, KubernetesClientConfiguration configuration) => new()
    {
        Lease = new(options.LeaseNamespace ?? configuration.Namespace ?? "default", options.LeaseName),
        Identity = $"{Environment.MachineName}_{Guid.NewGuid()}",
        LeaseDuration = options.LeaseDuration,
    };

    private static void AddLeaderElection(IServiceCollection services, OperatorOptions options, Leadership leadership, TimeProvider time) => services.AddHostedService(s =>
    {
        var configuration = KubeConfiguration.Load(options.Kubeconfig);
        configuration.DisableHttp2 = true;
        return ActivatorUtilities.CreateInstance<LeaderElector>(s, new KubeClient(configuration, Name, time, heedsRetryAfter: false), leadership);
    });

    private static void Register(IServiceCollection services, OperatorOptions options, KubeClient client, TimeProvider time, Leadership? leadership)
    {
        services.AddSingleton(options).AddSingleton(client).AddSingleton(time);
        services.AddSingleton<ClusterIdentity>().AddHostedService<IdentityStartup>().AddSingleton<ApiServerProbe>().AddHostedService<ApiServerMonitor>();
        if (leadership is not null)
        {
            AddLeaderElection(services, options, leadership, time);
        }

        services.AddSingleton<Wakeups>().AddSingleton<OmniLinks>().AddSingleton<ConnectionGuard>().AddSingleton<Triggers>();
        services.AddSingleton<ProxmoxMonitor>().AddSingleton<ReconcilerServices>();
        services.AddSingleton(s => new OmniConnectionPool(OmniCaches.Set, ConnectionGrace, time, s.GetRequiredService<ILoggerFactory>(),
            leadership is null ? null : new OmniWriteGuard(leadership.Demand, leadership.DemandToSend, leadership.Options.WriteTimeout)));
        services.AddHostedService<OmniConnectionsLoop>();
        services.AddSingleton(s => new SecretCache(client, s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<ILogger<SecretCache>>(), time, options.Watches));
        services.AddSingleton(s => new EventRecorder(client, s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<ILogger<EventRecorder>>(), time, Environment.MachineName));
        services.AddHostedService(s => s.GetRequiredService<SecretCache>()).AddHostedService(s => s.GetRequiredService<EventRecorder>());

        AddKind<ProxmoxProvider, ProxmoxProviderReconciler>(services, options, leadership);
        AddKind<MachineClass, MachineClassReconciler>(services, options, leadership);
        AddKind<TalosCluster, TalosClusterReconciler>(services, options, leadership);
        if (leadership is not null)
        {
            services.AddHostedService(s => ActivatorUtilities.CreateInstance<StandbyConnections>(s, leadership));
        }
    }

    private static void AddKind<T, TReconciler>(IServiceCollection services, OperatorOptions options, Leadership? leadership)
        where T : class, IOmniScaleObject
        where TReconciler : class, IEntityController<T>
    {
        services.AddSingleton<Store<T>>().AddSingleton<IEntityController<T>, TReconciler>();
        services.AddSingleton(s =>
        {
            // The stores of all kinds are read by each: no pass begins before all are complete.
            var controller = ActivatorUtilities.CreateInstance<Controller<T>>(s, s.GetRequiredService<IEntityController<T>>(), new ControllerOptions
            {
                Workers = options.Workers,
                Leadership = leadership,
                Namespaces = options.Namespaces,
                Reflector = options.Watches,
                WaitFor = [() => s.GetServices<IControllerHealth>().All(c => c.OwnObjectsSynced), () => s.GetRequiredService<ClusterIdentity>().IsKnown],
            });
            s.GetRequiredService<Wakeups>().Register<T>(controller.Enqueue, controller.ForgetBackoff);
            return controller;
        });
        services.AddSingleton<IControllerHealth>(s => new ControllerHealth<T>(s.GetRequiredService<Controller<T>>()));
        services.AddHostedService(s => s.GetRequiredService<Controller<T>>());
    }
}

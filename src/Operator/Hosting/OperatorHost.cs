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
    /// <summary>Connections that nobody needs are kept open for a while: objects come and go together.</summary>
    private static readonly TimeSpan ConnectionGrace = TimeSpan.FromMinutes(1);

    /// <summary>Within a pod's usual grace period of 30 seconds.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <returns>The exit code: 0 when asked to stop, 1 when a loop failed or the start did.</returns>
    public static async Task<int> RunAsync(OperatorOptions options, CancellationToken ct)
    {
        KubeClient client;
        try
        {
            client = new KubeClient(KubeConfiguration.Load(options.Kubeconfig), "omniscale-operator", TimeProvider.System);
        }
        catch (KubeConfigException e)
        {
            await Console.Error.WriteLineAsync($"omniscale-operator: {e.Message}");
            return 1;
        }

        await using var app = Build(options, client, TimeProvider.System);
        await app.RunAsync(ct);
        return Environment.ExitCode;
    }

    /// <summary>The operator, ready to start.</summary>
    /// <param name="configure">Changes what was registered; for tests.</param>
    public static WebApplication Build(OperatorOptions options, KubeClient client, TimeProvider time, Action<IServiceCollection>? configure = null)
    {
        // Nothing is read from files or the environment but what the command line and Kubernetes' own conventions say.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls(options.HealthAddress);
        ConfigureLogging(builder.Logging, options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        Register(builder.Services, options, client, time);
        builder.AddObservability();
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapMetrics();
        app.MapHealth();
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

    private static void Register(IServiceCollection services, OperatorOptions options, KubeClient client, TimeProvider time)
    {
        services.AddSingleton(options).AddSingleton(client).AddSingleton(time);
        services.AddSingleton<ClusterIdentity>().AddHostedService<IdentityStartup>();
        services.AddSingleton<Wakeups>().AddSingleton<OmniLinks>().AddSingleton<ConnectionGuard>().AddSingleton<Triggers>();
        services.AddSingleton<ProxmoxMonitor>().AddSingleton<ReconcilerServices>();
        services.AddSingleton(s => new OmniConnectionPool(OmniCaches.Set, ConnectionGrace, time, s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(s => new SecretCache(client, s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<ILogger<SecretCache>>(), time));
        services.AddSingleton(s => new EventRecorder(client, s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<ILogger<EventRecorder>>(), time, "omniscale-operator"));
        services.AddHostedService(s => s.GetRequiredService<SecretCache>()).AddHostedService(s => s.GetRequiredService<EventRecorder>());

        AddKind<ProxmoxProvider, ProxmoxProviderReconciler>(services, options);
        AddKind<MachineClass, MachineClassReconciler>(services, options);
        AddKind<TalosCluster, TalosClusterReconciler>(services, options);
    }

    private static void AddKind<T, TReconciler>(IServiceCollection services, OperatorOptions options)
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
                Namespaces = options.Namespaces,
                WaitFor = [() => s.GetServices<IControllerHealth>().All(c => c.OwnObjectsSynced)],
            });
            s.GetRequiredService<Wakeups>().Register<T>(controller.Enqueue, controller.ForgetBackoff);
            return controller;
        });
        services.AddSingleton<IControllerHealth>(s => new ControllerHealth<T>(s.GetRequiredService<Controller<T>>()));
        services.AddHostedService(s => s.GetRequiredService<Controller<T>>());
    }
}

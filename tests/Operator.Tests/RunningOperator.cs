using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OmniScale.Crds;
using OmniScale.Operator.Hosting;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>The operator in this process, wired as its program does it, with its own identity on the API server.</summary>
internal sealed class RunningOperator : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400);

    private readonly WebApplication app;
    private readonly KubeClient client;

    private RunningOperator(WebApplication app, KubeClient client, LogCollector log)
    {
        this.app = app;
        this.client = client;
        Log = log;
    }

    /// <summary>Where health and metrics are served.</summary>
    public Uri Address => new(app.Urls.Single());

    /// <summary>Everything that was logged, in full.</summary>
    public LogCollector Log { get; }

    public static async Task<RunningOperator> StartAsync(string kubeconfig, string @namespace)
    {
        var client = new KubeClient(KubeConfiguration.Load(kubeconfig), "omniscale-operator", TimeProvider.System);
        var log = new LogCollector();
        var app = OperatorHost.Build(
            new OperatorOptions { Namespaces = [@namespace], ClusterId = "test", HealthAddress = "http://127.0.0.1:0", LogLevel = LogLevel.Debug, Workers = 4 },
            client, TimeProvider.System, services => services.AddSingleton<ILoggerProvider>(log));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningOperator(app, client, log);
    }

    /// <summary>What the operator knows of the objects.</summary>
    public Store<T> Store<T>()
        where T : class, IOmniScaleObject => app.Services.GetRequiredService<Store<T>>();

    /// <summary>Gives each object of these names a pass, as the regular resync does.</summary>
    public void Resync(string @namespace, string provider, string machineClass, string cluster)
    {
        Controller<ProxmoxProvider>().Enqueue(new(@namespace, provider));
        Controller<MachineClass>().Enqueue(new(@namespace, machineClass));
        Controller<TalosCluster>().Enqueue(new(@namespace, cluster));
    }

    /// <summary>Waits until no pass has been made, and none been asked for, for a while.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(() => IsIdle<ProxmoxProvider>() && IsIdle<MachineClass>() && IsIdle<TalosCluster>(), "the operator is idle");

    private bool IsIdle<T>()
        where T : class, IOmniScaleObject =>
        Controller<T>() is { Synced: true, Pending: 0 } controller && controller.LongestPass == TimeSpan.Zero && controller.SinceProgress > Quiet;

    private Controller<T> Controller<T>()
        where T : class, IOmniScaleObject => app.Services.GetRequiredService<Controller<T>>();

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        client.Dispose();
    }
}

internal sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyList<string> Lines => [.. lines];

    public ILogger CreateLogger(string categoryName) => new Collector(categoryName, lines);

    public void Dispose()
    {
    }

    private sealed class Collector(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}

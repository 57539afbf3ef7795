using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OmniScale.Operator.Hosting;
using OmniScale.Runtime;

namespace OmniScale.Operator.Tests;

/// <summary>The operator in this process, wired as its program does it, with its own identity on the API server.</summary>
internal sealed class RunningOperator : IAsyncDisposable
{
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

    public static async Task<RunningOperator> StartAsync(Installation installation, string @namespace)
    {
        var client = new KubeClient(KubeConfiguration.Load(installation.OperatorKubeconfig), "omniscale-operator", TimeProvider.System);
        var log = new LogCollector();
        var app = OperatorHost.Build(
            new OperatorOptions { Namespaces = [@namespace], ClusterId = "test", HealthAddress = "http://127.0.0.1:0", LogLevel = LogLevel.Debug, Workers = 4 },
            client, TimeProvider.System, services => services.AddSingleton<ILoggerProvider>(log));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningOperator(app, client, log);
    }

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

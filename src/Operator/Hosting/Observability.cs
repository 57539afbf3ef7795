using System.Diagnostics.Metrics;
using OmniScale.Omni;
using OmniScale.Proxmox;
using OmniScale.Runtime;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OmniScale.Operator.Hosting;

/// <summary>Who listens to what the operator measures: Prometheus at /metrics always, a collector over OTLP where the environment names one.</summary>
internal static class Observability
{
    private static readonly string[] Meters = [RuntimeTelemetry.Name, OmniTelemetry.Name, ProxmoxTelemetry.Name, OperatorGauges.Name];

    private static readonly string[] Sources = [RuntimeTelemetry.Name, OmniTelemetry.Name, ProxmoxTelemetry.Name];

    public static void AddObservability(this WebApplicationBuilder builder, Leadership? leadership)
    {
        // The exporters read their settings from here.
        builder.Configuration.AddEnvironmentVariables();
        // Without leader election it always leads.
        Func<bool> leads = () => leadership?.IsLeader ?? true;
        builder.Services.AddMetrics().AddSingleton(services => ActivatorUtilities.CreateInstance<OperatorGauges>(services, leads));
        builder.Services.AddSingleton(services =>
        {
            var own = services.GetRequiredService<IMeterFactory>();
            // Several operators in one process, as tests have them, keep what is read from their state apart.
            return new PrometheusExporter(meter => Meters.Contains(meter.Name) && (meter.Scope is null || meter.Scope == own));
        });
        var metrics = IsConfigured(builder.Configuration, "METRICS");
        var traces = IsConfigured(builder.Configuration, "TRACES");
        if (!metrics && !traces)
        {
            return;
        }

        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService("omniscale-operator", serviceVersion: typeof(Observability).Assembly.GetName().Version?.ToString(3))
            // Last, so that what the environment says wins.
            .AddEnvironmentVariableDetector());
        if (metrics)
        {
            telemetry.WithMetrics(to => to.AddMeter(Meters).AddOtlpExporter());
        }

        if (traces)
        {
            telemetry.WithTracing(to => to.AddSource(Sources).AddOtlpExporter());
        }
    }

    public static void MapMetrics(this WebApplication app)
    {
        // Both begin to measure when they are made, which must be before the first controller.
        var exporter = app.Services.GetRequiredService<PrometheusExporter>();
        app.Services.GetRequiredService<OperatorGauges>();
        app.MapGet("/metrics", exporter.WriteAsync);
    }

    /// <summary>By the variables that all OpenTelemetry exporters know; their values may also name headers and certificates, which the exporter reads itself.</summary>
    private static bool IsConfigured(ConfigurationManager environment, string signal) =>
        !string.IsNullOrEmpty(environment["OTEL_EXPORTER_OTLP_ENDPOINT"]) || !string.IsNullOrEmpty(environment[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]);
}

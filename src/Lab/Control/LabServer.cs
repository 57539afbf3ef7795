using System.Net;
using System.Text.Json;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Lab.Control;

/// <summary>How the lab is started.</summary>
public sealed record LabOptions
{
    /// <summary>The provider that is connected from the start.</summary>
    public const string DefaultProvider = "matrix-cluster";

    /// <summary>Name of the service account that the lab writes a key for.</summary>
    public const string ServiceAccount = "omniscale";

    public OmniSimulatorOptions Omni { get; init; } = new() { Providers = [DefaultProvider] };

    public ProxmoxSimulatorOptions Proxmox { get; init; } = new();

    /// <summary>Port of the control endpoint on the loopback address; 0 for any that is free.</summary>
    public int ControlPort { get; init; }

    /// <summary>Role of the service account that the lab writes a key for.</summary>
    public Role Role { get; init; } = Role.Operator;
}

/// <summary>Both simulators and the endpoint that controls them.</summary>
public sealed class LabServer : IAsyncDisposable
{
    private readonly WebApplication control;

    private LabServer(LabOptions options, OmniSimulator omni, ProxmoxSimulator proxmox)
    {
        Omni = omni;
        Proxmox = proxmox;
        ServiceAccountKey = omni.CreateServiceAccountKey(LabOptions.ServiceAccount, options.Role);
        // The provider looks at the Proxmox that is simulated beside it.
        omni.Lifecycle.Provision ??= new SelectorCheck(proxmox.Inventory).Decide;

        // No configuration files, and so no watches on them: a test process runs many servers, and the system allows few watches.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.ControlPort));
        builder.Services.ConfigureHttpJsonOptions(json => LabJson.Configure(json.SerializerOptions));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        control = builder.Build();
        control.Use(ErrorsAsText);
        OmniRoutes.Map(control, omni);
        ProxmoxRoutes.Map(control, proxmox);
    }

    public OmniSimulator Omni { get; }

    public ProxmoxSimulator Proxmox { get; }

    /// <summary>Where the control endpoint listens.</summary>
    public Uri Control { get; private set; } = new("http://127.0.0.1");

    /// <summary>The key of the lab's service account, as a user of Omni gets it.</summary>
    public string ServiceAccountKey { get; }

    public static async Task<LabServer> StartAsync(LabOptions options, CancellationToken cancellationToken = default)
    {
        var omni = await OmniSimulator.StartAsync(options.Omni, cancellationToken);
        ProxmoxSimulator proxmox;
        try
        {
            proxmox = await ProxmoxSimulator.StartAsync(options.Proxmox, cancellationToken);
        }
        catch
        {
            await omni.DisposeAsync();
            throw;
        }

        var server = new LabServer(options, omni, proxmox);
        try
        {
            await server.control.StartAsync(cancellationToken);
            server.Control = new Uri(server.control.Urls.Single());
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Writes what clients need into a folder: <c>omni.key</c>, <c>omni-ca.pem</c> (with TLS), <c>proxmox-ca.pem</c>,
    /// and at last <c>lab.json</c>, whose presence says that all is ready.
    /// </summary>
    public async Task WriteStateAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var key = Path.Combine(folder, "omni.key");
        await File.WriteAllTextAsync(key, "", cancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(key, ServiceAccountKey, cancellationToken);
        if (Omni.CaPem.Length > 0)
            await File.WriteAllTextAsync(Path.Combine(folder, "omni-ca.pem"), Omni.CaPem, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "proxmox-ca.pem"), Proxmox.CaPem, cancellationToken);
        var description = new LabDescription(
            Control, Omni.Endpoint, Proxmox.Url, Proxmox.Fingerprint, MatrixCluster.TokenId, MatrixCluster.TokenSecret, [.. Omni.Lifecycle.Providers.Keys]);
        var unfinished = Path.Combine(folder, "lab.json.tmp");
        await File.WriteAllTextAsync(unfinished, JsonSerializer.Serialize(description, LabJson.Options), cancellationToken);
        File.Move(unfinished, Path.Combine(folder, LabDescription.FileName), overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        await control.StopAsync();
        await control.DisposeAsync();
        await Omni.DisposeAsync();
        await Proxmox.DisposeAsync();
    }

    private static async Task ErrorsAsText(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (exception is BadHttpRequestException or JsonException or FormatException or ArgumentException or KeyNotFoundException
            or YamlDotNet.Core.YamlException)
        {
            context.Response.StatusCode = exception is KeyNotFoundException ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(exception.InnerException is JsonException json ? json.Message : exception.Message);
        }
    }
}

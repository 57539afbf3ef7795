using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;

namespace OmniScale.Omni.Tests;

/// <summary>Connections as the tests need them.</summary>
internal static class Clients
{
    public static readonly OmniCacheSet Caches = new(
    [
        Cached.Of(ResourceTypes.Clusters),
        Cached.Of(ResourceTypes.MachineSets),
        Cached.Of(ResourceTypes.ConfigPatches),
        Cached.Of(ResourceTypes.MachineClasses),
    ]);

    public static readonly GeneratedServiceAccountKey UnknownKey =
        ServiceAccountKeyGenerator.Generate(new ServiceAccountName("unknown"), "test", TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());

    /// <summary>A simulator whose reads do not lag and in which nothing happens by itself.</summary>
    public static Task<OmniSimulator> StartSimulatorAsync(OmniSimulatorOptions? options = null) => OmniSimulator.StartAsync(
        options ?? new OmniSimulatorOptions { ReadLag = TimeSpan.Zero, RunLifecycle = false }, TestContext.Current.CancellationToken);

    public static OmniConnectionSettings Settings(OmniSimulator omni, Role role = Role.Operator) =>
        OmniConnectionSettings.Parse(omni.Endpoint.ToString(), omni.CreateServiceAccountKey($"test-{role}".ToLowerInvariant(), role), omni.CaPem);

    public static OmniConnection Connect(OmniSimulator omni, Role role = Role.Operator) => Connect(Settings(omni, role));

    public static OmniConnection Connect(string endpoint, TimeSpan? callTimeout = null, TimeSpan? connectTimeout = null, TimeProvider? time = null) =>
        Connect(new OmniConnectionSettings(OmniEndpoint.Parse(endpoint), UnknownKey.Key)
        {
            CallTimeout = callTimeout ?? TimeSpan.FromSeconds(15),
            ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(10),
        }, time: time);

    public static OmniConnection Connect(OmniConnectionSettings settings, OmniCacheSet? caches = null, ILogger<OmniConnection>? logger = null, TimeProvider? time = null) =>
        new(settings, caches ?? Caches, time ?? TimeProvider.System, logger ?? NullLogger<OmniConnection>.Instance);

    /// <summary>Makes a call and returns how it failed.</summary>
    public static Task<OmniException> FailureAsync(this OmniConnection connection) =>
        Assert.ThrowsAsync<OmniException>(() => connection.State.GetAsync(ResourceTypes.Clusters, "one", TestContext.Current.CancellationToken));
}

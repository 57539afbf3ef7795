using OmniScale.Crds;
using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>How one controller is doing, whatever its kind.</summary>
internal interface IControllerHealth
{
    string Kind { get; }

    /// <summary>How long the API server has said nothing about the kind, in the namespace that it said least about.</summary>
    TimeSpan Silence { get; }

    /// <summary>The kind's own objects were read completely.</summary>
    bool OwnObjectsSynced { get; }

    /// <summary>What passes lack; null if nothing. A replica that does not lead is ready to.</summary>
    string? Unreadiness { get; }

    /// <summary>What hangs, so that only a new process helps; null if nothing does.</summary>
    string? Hang { get; }
}

/// <inheritdoc/>
internal sealed class ControllerHealth<T>(Controller<T> controller) : IControllerHealth
    where T : class, IOmniScaleObject
{
    /// <summary>Longer than the longest pass may take: where work waits, some pass must have ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public string Kind => typeof(T).Name;

    public TimeSpan Silence => controller.Reflectors.Max(r => r.Silence);

    public bool OwnObjectsSynced => controller.Reflectors.All(r => r.HasSynced);

    public string? Unreadiness => !controller.Synced ? "not synced"
        : controller.Reflectors.Select(r => r.LastError).FirstOrDefault(e => e is not null) is { } error ? $"cannot be followed: {error.GetBaseException().Message}"
        : null;

    public string? Hang => controller.LongestPass > 2 * controller.ReconcileTimeout ? "a pass does not end"
        : controller.Working && controller.Pending > 0 && controller.SinceProgress > Patience ? "nobody takes what waits"
        : controller.Reflectors.Any(r => r.IsStuck) ? "the objects are not followed"
        : null;
}

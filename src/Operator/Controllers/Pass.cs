using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Operator.Connections;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers;

/// <summary>One pass over one object: what it is about, what was found out so far, and the way to Omni.</summary>
internal sealed class Pass<T, TFacts>(T value, TFacts facts)
    where T : class, IOmniScaleObject
    where TFacts : PassFacts
{
    /// <summary>The object as it was when the pass began. Shared: not to be changed.</summary>
    public T Object { get; } = value;

    public NamespacedName Key { get; } = new(value.Metadata.NamespaceProperty, value.Metadata.Name);

    public TFacts Facts { get; } = facts;

    /// <summary>An answer is still out, of Omni, of Proxmox or about a Secret: nothing can be said yet, and what is known stays.</summary>
    public bool IsConnecting { get; set; }

    /// <summary>When a first answer that is still out counts as none.</summary>
    public TimeSpan? ConnectLimit { get; set; }

    /// <summary>What went wrong is not to be told yet, since it may pass in a moment or many are to tell it: the conditions stay as they are.</summary>
    public bool IsTooEarly { get; set; }

    /// <summary>A call failed after a step had said what is waited for: that it waits is no reason not to try again.</summary>
    public bool MustRetry { get; set; }

    /// <summary>When to look again at the latest, whatever the outcome.</summary>
    public TimeSpan? LookAgainAfter { get; set; }

    /// <summary>Set by the step that opens the connection; complete caches, and an Omni that answered lately.</summary>
    public OmniLink Omni
    {
        get => field ?? throw new InvalidOperationException("the connection is opened before it is used");
        set;
    }
}

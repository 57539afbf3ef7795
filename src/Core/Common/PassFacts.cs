using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>What one pass found out about an object. Null: the pass did not get to it, and what was known stays.</summary>
public abstract class PassFacts
{
    public Finding? OmniReachable { get; set; }

    public OmniBinding? Binding { get; set; }

    public Finding? Synced { get; set; }

    /// <summary>How the pass ended; null while it runs, and when every step was done.</summary>
    public Outcome? Outcome { get; set; }
}

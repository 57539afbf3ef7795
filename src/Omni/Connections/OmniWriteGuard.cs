namespace OmniScale.Omni;

/// <summary>For a client that may write only for as long as it holds something, such as a lease.</summary>
/// <param name="Demand">Called right before each write; what it throws comes out of the write, which does not begin then.</param>
/// <param name="DemandToSend">
/// Called right before bytes leave this machine, of reads as well. Throws if a write may be among them that passed <paramref name="Demand"/>
/// long ago, in a process that was stopped since; the connection is lost then.
/// </param>
/// <param name="Timeout">The longest a write may take.</param>
public sealed record OmniWriteGuard(Action Demand, Action DemandToSend, TimeSpan Timeout);

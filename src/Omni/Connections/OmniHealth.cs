namespace OmniScale.Omni;

/// <summary>Whether Omni can be reached over a connection, and if not, why.</summary>
/// <param name="Reachable">Null while nothing was tried yet.</param>
/// <param name="Kind">The failure, if it is not reachable.</param>
/// <param name="Message">The failure in words; empty otherwise.</param>
/// <param name="Since">Since when <see cref="Reachable"/> is what it is, whatever became of the failure meanwhile: a timestamp of the connection's clock.</param>
public sealed record OmniHealth(bool? Reachable, OmniError? Kind, string Message, long Since);

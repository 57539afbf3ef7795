namespace OmniScale.Runtime;

/// <summary>How much one process asks of an API server at most.</summary>
/// <param name="PerSecond">Requests per second in the long run, at least 1.</param>
/// <param name="Burst">Requests that may come at once after a quiet time, at least 1.</param>
public sealed record RequestLimits(int PerSecond, int Burst);

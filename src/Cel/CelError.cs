namespace OmniScale.Cel;

/// <summary>
/// A compile error with its place in the source. <paramref name="Line"/> counts from 1. <paramref name="Column"/> is the one printed:
/// it counts code points from 1. An error without a place (an exceeded limit) has line -1 and column 0.
/// </summary>
public sealed record CelError(int Line, int Column, string Message);

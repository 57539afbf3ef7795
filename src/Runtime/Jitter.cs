namespace OmniScale.Runtime;

/// <summary>The process's randomness, where no other is injected: spreading delays needs no seed and no secrecy.</summary>
internal static class Jitter
{
#pragma warning disable RS0030 // This is the one adapter to the ambient source of randomness.
    public static double Next() => Random.Shared.NextDouble();
#pragma warning restore RS0030
}

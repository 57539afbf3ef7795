using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>What is known of a Secret.</summary>
/// <param name="synced">Whether it has been read: only then does a missing <paramref name="secret"/> mean that there is none.</param>
/// <param name="secret">As last seen. Shared: not to be changed.</param>
/// <param name="error">Why it cannot be read at the moment.</param>
public sealed class SecretLookup(bool synced, V1Secret? secret, Exception? error)
{
    internal static readonly SecretLookup NotYet = new(false, null, null);

    public bool Synced => synced;

    public V1Secret? Secret => secret;

    public Exception? Error => error;
}

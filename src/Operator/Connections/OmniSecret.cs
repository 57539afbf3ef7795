using System.Globalization;
using System.Text;
using k8s.Models;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;

namespace OmniScale.Operator.Connections;

/// <summary>Reads a connection Secret. Messages name keys of the Secret, never their values.</summary>
internal static class OmniSecret
{
    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(30);

    /// <returns>The settings, or what is wrong with the Secret.</returns>
    public static (OmniConnectionSettings? Settings, Finding? Problem) Read(V1Secret secret)
    {
        var name = secret.Metadata.Name;
        if (secret.Type != ApiGroup.OmniSecretType)
        {
            return Invalid($"Secret {name} is of type {secret.Type}; make it anew with type: {ApiGroup.OmniSecretType}");
        }

        var endpoint = Value(secret, "endpoint", "OMNI_ENDPOINT");
        var key = Value(secret, "serviceAccountKey", "OMNI_SERVICE_ACCOUNT_KEY");
        if (endpoint is null || key is null)
        {
            return Invalid($"Secret {name} lacks the key {(endpoint is null ? "endpoint (the address of Omni)" : "serviceAccountKey (as `omnictl serviceaccount create` prints it)")}");
        }

        var skip = Value(secret, "insecureSkipTLSVerify");
        if (skip is not (null or "true" or "false"))
        {
            return Invalid($"Secret {name}: insecureSkipTLSVerify must be \"true\" or \"false\"");
        }

        try
        {
            return (OmniConnectionSettings.Parse(endpoint, key, Value(secret, "ca.crt"), skip == "true"), null);
        }
        catch (OmniSettingsException e)
        {
            return Invalid($"Secret {name}: {e.Message}");
        }
    }

    /// <summary>Judges the key's lifetime. Null: it is far from its end.</summary>
    public static Finding? Expiry(ServiceAccountKey key, DateTimeOffset now)
    {
        if (key.ExpiresAt is not { } end)
        {
            return null;
        }

        var day = end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return end <= now ? Finding.False(OmniReasons.KeyExpired, $"the service account key expired on {day}; renew it (omnictl serviceaccount renew) and put the new one into the Secret")
            : end - now <= ExpiryNotice ? Finding.True(OmniReasons.KeyExpiring, $"Omni answers; the service account key expires on {day}: renew it and put the new one into the Secret")
            : null;
    }

    private static (OmniConnectionSettings?, Finding?) Invalid(string message) => (null, Finding.False(OmniReasons.SecretInvalid, message));

    private static string? Value(V1Secret secret, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (secret.Data?.TryGetValue(key, out var bytes) == true && bytes.Length > 0)
            {
                return Encoding.UTF8.GetString(bytes).Trim();
            }
        }

        return null;
    }
}

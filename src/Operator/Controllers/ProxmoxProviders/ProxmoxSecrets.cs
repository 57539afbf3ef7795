using System.Text;
using k8s.Models;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Proxmox;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>Makes an endpoint of a provider's spec and its Secrets. Messages name keys, never values.</summary>
internal static class ProxmoxSecrets
{
    /// <summary>A Secret has not been read yet; that it was wakes the provider.</summary>
    public static readonly Finding Reading = Finding.Unknown(CommonReasons.Unknown, "reading the Secrets");

    /// <summary>The Secrets that the spec names.</summary>
    public static IEnumerable<NamespacedName> Of(ProxmoxProvider provider)
    {
        var ns = provider.Metadata.NamespaceProperty;
        yield return new(ns, provider.Spec.Proxmox.CredentialsSecretRef.Name);
        if (provider.Spec.Proxmox.CaSecretRef is { } ca)
        {
            yield return new(ns, ca.Name);
        }
    }

    /// <returns>The endpoint, or what stands in its way.</returns>
    public static (ProxmoxEndpoint? Endpoint, Finding? Problem) Read(ProxmoxProvider provider, SecretCache secrets)
    {
        var (ns, spec) = (provider.Metadata.NamespaceProperty, provider.Spec.Proxmox);
        var (credentials, problem) = Find(secrets, ns, spec.CredentialsSecretRef.Name);
        if (credentials is null)
        {
            return (null, problem);
        }

        if (credentials.Type != ApiGroup.ProxmoxSecretType)
        {
            return Invalid($"Secret {credentials.Metadata.Name} is of type {credentials.Type}; make it anew with type: {ApiGroup.ProxmoxSecretType}");
        }

        try
        {
            var url = ProxmoxEndpoint.ParseUrl(spec.Url);
            if (Value(credentials, "url") is { } bound && ProxmoxEndpoint.ParseUrl(bound) != url)
            {
                return Invalid($"Secret {credentials.Metadata.Name} binds its credentials to another address (its key url) than spec.proxmox.url");
            }

            if (spec.CaSecretRef is not { } reference)
            {
                return (new(url, Credentials(credentials), spec.Fingerprints is { } pins ? new ProxmoxTls.Pinned(pins)
                    : spec.InsecureSkipTlsVerify ? new ProxmoxTls.Insecure() : new ProxmoxTls.SystemTrust()), null);
            }

            var (ca, missing) = Find(secrets, ns, reference.Name);
            return ca is null ? (null, missing)
                : Value(ca, reference.Key ?? "ca.crt") is { } pem ? (new(url, Credentials(credentials), new ProxmoxTls.CertificateAuthority(pem)), null)
                : Invalid($"Secret {reference.Name} lacks the key {reference.Key ?? "ca.crt"} with the certificates to trust");
        }
        catch (FormatException e)
        {
            return Invalid(e.Message);
        }
    }

    private static ProxmoxCredentials Credentials(V1Secret secret)
    {
        if (Value(secret, "tokenID") is { } token)
        {
            return new ProxmoxCredentials.Token(token, Value(secret, "tokenSecret") ?? throw Lacks("tokenSecret beside tokenID"));
        }

        return Value(secret, "username") is { } user
            ? new ProxmoxCredentials.Password(user, Value(secret, "realm"), Value(secret, "password", trim: false) ?? throw Lacks("password beside username"))
            : throw Lacks("tokenID and tokenSecret, or username, password and realm");

        FormatException Lacks(string what) => new($"Secret {secret.Metadata.Name} lacks {what}");
    }

    private static (V1Secret? Secret, Finding? Problem) Find(SecretCache secrets, string ns, string name) => secrets.Get(new(ns, name)) switch
    {
        { Secret: { } secret } => (secret, null),
        { Synced: true } => (null, Finding.False(ProxmoxReasons.SecretNotFound, $"there is no Secret {name} in namespace {ns}")),
        { Error: { } error } => (null, Finding.Unknown(CommonReasons.Unknown, $"Secret {name} cannot be read: {error.Message}")),
        _ => (null, Reading),
    };

    private static (ProxmoxEndpoint?, Finding?) Invalid(string message) => (null, Finding.False(ProxmoxReasons.SecretInvalid, message));

    private static string? Value(V1Secret secret, string key, bool trim = true) =>
        secret.Data?.TryGetValue(key, out var bytes) == true && bytes.Length > 0 ? trim ? Encoding.UTF8.GetString(bytes).Trim() : Encoding.UTF8.GetString(bytes) : null;
}

using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>OmniReachable: every way in which the connection to Omni can fail, and what each kind says of it.</summary>
public sealed class ConnectionTests(Installation installation)
{
    [Fact]
    public async Task A_Secret_that_is_missing_or_unusable_is_named_with_what_to_do()
    {
        await using var stage = await Stage.StartAsync(installation);
        var key = stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator);
        var endpoint = stage.Omni.Endpoint.ToString();
        await stage.CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, Stage.ProxmoxSecret());
        await CreateAsync("wrong-type", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = key }, "Opaque");
        await CreateAsync("no-endpoint", new() { ["serviceAccountKey"] = key });
        await CreateAsync("no-key", new() { ["endpoint"] = endpoint });
        await CreateAsync("truncated", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = key[..(key.Length / 2 / 4 * 4)] });
        await CreateAsync("no-base64", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = "canary-not*base64*at*all" });
        await CreateAsync("no-json", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = Convert.ToBase64String("canary, but no JSON"u8) });
        await CreateAsync("token", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = Convert.ToBase64String("""{"name": "canary-account", "pgp_key": "canary, no key"}"""u8) });
        await CreateAsync("bad-ca", new() { ["endpoint"] = "https://127.0.0.1:1", ["serviceAccountKey"] = key, ["ca.crt"] = "canary, no certificate" });
        await CreateAsync("bad-flag", new() { ["endpoint"] = endpoint, ["serviceAccountKey"] = key, ["insecureSkipTLSVerify"] = "maybe" });
        await CreateAsync("bad-url", new() { ["endpoint"] = "ftp://omni.example", ["serviceAccountKey"] = key });

        await ExpectAsync("missing", OmniReasons.SecretNotFound, "there is no Secret missing of type omniscale.dev/omni in namespace");
        await ExpectAsync("wrong-type", OmniReasons.SecretInvalid, "Secret wrong-type is of type Opaque; make it anew with type: omniscale.dev/omni");
        await ExpectAsync("no-endpoint", OmniReasons.SecretInvalid, "Secret no-endpoint lacks the key endpoint");
        await ExpectAsync("no-key", OmniReasons.SecretInvalid, "Secret no-key lacks the key serviceAccountKey (as `omnictl serviceaccount create` prints it)");
        await ExpectAsync("truncated", OmniReasons.SecretInvalid, "serviceAccountKey");
        await ExpectAsync("no-base64", OmniReasons.SecretInvalid, "serviceAccountKey");
        await ExpectAsync("no-json", OmniReasons.SecretInvalid, "serviceAccountKey");
        await ExpectAsync("token", OmniReasons.SecretInvalid, "serviceAccountKey");
        await ExpectAsync("bad-ca", OmniReasons.SecretInvalid, "ca.crt");
        await ExpectAsync("bad-flag", OmniReasons.SecretInvalid, "insecureSkipTLSVerify must be \"true\" or \"false\"");
        await ExpectAsync("bad-url", OmniReasons.SecretInvalid, "endpoint");
        Assert.Empty(stage.Omni.Calls);

        Task CreateAsync(string name, Dictionary<string, string> data, string type = ApiGroup.OmniSecretType) => stage.CreateSecretAsync(name, type, data);

        async Task ExpectAsync(string secret, string reason, string words)
        {
            await stage.ApplyProviderAsync(secret, $"omniSecretRef: {{name: {secret}}}");
            await stage.ApplyClassAsync(secret, $"omniSecretRef: {{name: {secret}}}");
            await stage.ApplyClusterAsync(secret, more: $"omniSecretRef: {{name: {secret}}}");
            await ExpectOnAsync<ProxmoxProvider>();
            await ExpectOnAsync<MachineClass>();
            await ExpectOnAsync<TalosCluster>();

            async Task ExpectOnAsync<T>()
                where T : class, IOmniScaleObject
            {
                var value = await stage.ConditionAsync<T>(secret, CommonConditions.OmniReachable, "False", reason);
                Assert.Contains(words, Stage.Message(value, CommonConditions.OmniReachable), StringComparison.Ordinal);
                Assert.Equal((reason, "InProgress"), (Stage.Condition(value, CommonConditions.Ready).Reason, Kstatus.Of(value)));
            }
        }
    }

    [Theory]
    [InlineData("ttl", OmniReasons.KeyExpired, "the service account key expired on ")]
    [InlineData("unknown", OmniReasons.Unauthenticated, "put a valid one into the Secret")]
    [InlineData("expired-there", OmniReasons.Unauthenticated, "put a valid one into the Secret")]
    [InlineData("nobody", OmniReasons.Unreachable, "127.0.0.1:")]
    [InlineData("reader", OmniReasons.PermissionDenied, "the service account's role does not suffice (Operator is needed)")]
    [InlineData("none", OmniReasons.PermissionDenied, "the service account's role does not suffice (Operator is needed)")]
    [InlineData("eula", OmniReasons.EulaNotAccepted, "accepted Omni's licence terms")]
    public async Task A_connection_that_fails_says_why_and_recovers_when_the_Secret_is_put_right(string fault, string reason, string words)
    {
        await using var stage = await Stage.StartAsync(installation);
        await using var refusing = await OmniSimulator.StartAsync(new() { Providers = [Stage.ProviderId], EulaAccepted = false }, TestContext.Current.CancellationToken);
        var key = fault switch
        {
            "ttl" => stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator, TimeSpan.FromSeconds(1)),
            "unknown" => refusing.CreateServiceAccountKey("omniscale", Role.Operator),
            "reader" => stage.Omni.CreateServiceAccountKey("omniscale", Role.Reader),
            "none" => stage.Omni.CreateServiceAccountKey("omniscale", Role.None),
            _ => stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator),
        };
        if (fault == "ttl")
        {
            var made = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(made) > TimeSpan.FromSeconds(1.1), "the key has ended");
        }

        if (fault == "expired-there")
        {
            stage.Omni.ExpireKeys("omniscale");
        }

        var good = fault is "eula" or "nobody" ? "" : stage.Omni.Endpoint.ToString();
        var bad = fault switch
        {
            "eula" => refusing.Endpoint.ToString(),
            "nobody" => "http://127.0.0.1:1",
            _ => good,
        };
        await stage.CreateSecretAsync("omni", ApiGroup.OmniSecretType, new() { ["endpoint"] = bad, ["serviceAccountKey"] = fault == "eula" ? refusing.CreateServiceAccountKey("omniscale", Role.Operator) : key });
        await stage.CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, Stage.ProxmoxSecret());

        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ApplyClusterAsync("first");

        var machineClass = await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False", reason);
        Assert.Contains(words, Stage.Message(machineClass, CommonConditions.OmniReachable), StringComparison.Ordinal);
        Assert.Equal("InProgress", Kstatus.Of(machineClass));
        if (fault != "reader")
        {
            // Reading is enough for a provider, and a cluster waits for its class.
            await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.OmniReachable, "False", reason);
            await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", reason);
        }

        if (fault == "eula")
        {
            return;
        }

        await stage.EditSecretAsync("omni", stage.OmniSecret(stage.Omni.CreateServiceAccountKey(fault is "reader" or "none" ? "omniscale-2" : "omniscale", Role.Operator)));
        if (fault == "reader")
        {
            // The account was good for reading and is recorded: another one is another matter.
            await stage.ConditionAsync<MachineClass>("small", CommonConditions.Stalled, "True", CommonReasons.OmniChanged);
            return;
        }

        await stage.ReadyAsync<TalosCluster>("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
    }

    [Theory]
    [InlineData(OmniTransport.Tls, false, "certificate")]
    [InlineData(OmniTransport.TlsWithWrongName, true, "is not for 127.0.0.1, but for another.example.com")]
    [InlineData(OmniTransport.TlsWithExpiredCertificate, true, "expired")]
    public async Task A_certificate_that_is_not_trusted_is_TLSFailed(OmniTransport transport, bool withCa, string word)
    {
        await using var stage = await Stage.StartAsync(installation, new() { Providers = [Stage.ProviderId], Transport = transport, Speed = Stage.Speed });
        var secret = stage.OmniSecret(stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator));
        if (withCa)
        {
            secret["ca.crt"] = stage.Omni.CaPem;
        }

        await stage.CreateSecretAsync("omni", ApiGroup.OmniSecretType, secret);
        await stage.CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, Stage.ProxmoxSecret());

        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");

        var failed = await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False", OmniReasons.TlsFailed);
        Assert.Contains(word, Stage.Message(failed, CommonConditions.OmniReachable), StringComparison.OrdinalIgnoreCase);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.OmniReachable, "False", OmniReasons.TlsFailed);
        Assert.Empty(stage.Omni.Calls);

        await stage.EditSecretAsync("omni", transport == OmniTransport.Tls ? new() { ["ca.crt"] = stage.Omni.CaPem } : new() { ["insecureSkipTLSVerify"] = "true" });
        await stage.ReadyAsync<MachineClass>("small");
    }

    [Fact]
    public async Task A_key_that_ends_soon_is_told_while_all_goes_well()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync(stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator, TimeSpan.FromDays(12)));
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");

        var ready = await stage.ReadyAsync<MachineClass>("small");

        var reachable = Stage.Condition(ready, CommonConditions.OmniReachable);
        Assert.Equal(("True", OmniReasons.KeyExpiring), (reachable.Status, reachable.Reason));
        Assert.Contains("renew it and put the new one into the Secret", reachable.Message, StringComparison.Ordinal);
        await stage.EventAsync("small", "Warning", OmniReasons.KeyExpiring);
        Assert.Equal("Current", Kstatus.Of(ready));
    }
}

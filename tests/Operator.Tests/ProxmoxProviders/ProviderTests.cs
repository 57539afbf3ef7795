using OmniScale.Crds;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.ProxmoxProviders;

public sealed class ProviderTests(Installation installation)
{
    [Fact]
    public async Task Every_way_to_miss_Proxmox_has_its_reason()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.CreateSecretAsync("wrong-type", "Opaque", Stage.ProxmoxSecret());
        await stage.CreateSecretAsync("no-secret", ApiGroup.ProxmoxSecretType, new() { ["tokenID"] = "omni@pve!operator" });
        await stage.CreateSecretAsync("no-account", ApiGroup.ProxmoxSecretType, new() { ["realm"] = "pve" });
        await stage.CreateSecretAsync("elsewhere", ApiGroup.ProxmoxSecretType, new(Stage.ProxmoxSecret()) { ["url"] = "https://192.0.2.1:8006" });
        await stage.CreateSecretAsync("bound", ApiGroup.ProxmoxSecretType, new(Stage.ProxmoxSecret()) { ["url"] = stage.Proxmox.Url.ToString() });
        await stage.CreateSecretAsync("bad-token", ApiGroup.ProxmoxSecretType, new() { ["tokenID"] = "omni@pve!operator", ["tokenSecret"] = "canary-0-not-the-secret" });
        await stage.CreateSecretAsync("password", ApiGroup.ProxmoxSecretType, new() { ["username"] = "omni", ["realm"] = "pve", ["password"] = MatrixCluster.Password });
        await stage.CreateSecretAsync("bad-password", ApiGroup.ProxmoxSecretType, new() { ["username"] = "omni@pve", ["password"] = "canary-1-not-the-password" });
        await stage.CreateSecretAsync("ca", "Opaque", new() { ["ca.crt"] = stage.Proxmox.CaPem });
        await stage.CreateSecretAsync("other-ca", "Opaque", new() { ["ca.crt"] = OtherCa() });

        var fingerprint = $"fingerprints: ['{stage.Proxmox.Fingerprint}']";
        await ApplyAsync("dns", fingerprint, url: "https://proxmox.invalid:8006");
        await ApplyAsync("refused", fingerprint, url: "https://127.0.0.1:1");
        await ApplyAsync("wrong-fingerprint", $"fingerprints: ['{string.Join(':', Enumerable.Repeat("AB", 32))}']");
        await ApplyAsync("untrusted", "");
        await ApplyAsync("wrong-ca", "caSecretRef: {name: other-ca}");
        await ApplyAsync("no-ca", "caSecretRef: {name: missing-ca}");
        await ApplyAsync("no-ca-key", "caSecretRef: {name: ca, key: other.crt}");
        await ApplyAsync("right-ca", "caSecretRef: {name: ca}");
        await ApplyAsync("no-check", "insecureSkipTLSVerify: true");
        foreach (var secret in new[] { "missing", "wrong-type", "no-secret", "no-account", "elsewhere", "bound", "bad-token", "password", "bad-password" })
        {
            await ApplyAsync($"with-{secret}", fingerprint, secret);
        }

        await ExpectAsync("dns", ProxmoxReasons.DnsFailed, "proxmox.invalid");
        await ExpectAsync("refused", ProxmoxReasons.ConnectionRefused, "127.0.0.1:1");
        await ExpectAsync("wrong-fingerprint", ProxmoxReasons.TlsFailed, stage.Proxmox.Fingerprint);
        await ExpectAsync("untrusted", ProxmoxReasons.TlsFailed, stage.Proxmox.Fingerprint);
        await ExpectAsync("wrong-ca", ProxmoxReasons.TlsFailed, stage.Proxmox.Fingerprint);
        await ExpectAsync("no-ca", ProxmoxReasons.SecretNotFound, "there is no Secret missing-ca");
        await ExpectAsync("no-ca-key", ProxmoxReasons.SecretInvalid, "Secret ca lacks the key other.crt");
        await ExpectAsync("with-missing", ProxmoxReasons.SecretNotFound, "there is no Secret missing");
        await ExpectAsync("with-wrong-type", ProxmoxReasons.SecretInvalid, "is of type Opaque; make it anew with type: omniscale.dev/proxmox");
        await ExpectAsync("with-no-secret", ProxmoxReasons.SecretInvalid, "lacks tokenSecret beside tokenID");
        await ExpectAsync("with-no-account", ProxmoxReasons.SecretInvalid, "lacks tokenID and tokenSecret, or username, password and realm");
        await ExpectAsync("with-elsewhere", ProxmoxReasons.SecretInvalid, "binds its credentials to another address");
        await ExpectAsync("with-bad-token", ProxmoxReasons.Unauthorized, "omni@pve!operator");
        await ExpectAsync("with-bad-password", ProxmoxReasons.Unauthorized, "omni@pve");
        foreach (var good in new[] { "right-ca", "no-check", "with-bound", "with-password" })
        {
            await stage.ReadyAsync<ProxmoxProvider>(good);
        }

        async Task ExpectAsync(string name, string reason, string words)
        {
            var value = await stage.ConditionAsync<ProxmoxProvider>(name, ProxmoxProviderConditions.ProviderReachable, "False", reason);
            Assert.Contains(words, Stage.Message(value, ProxmoxProviderConditions.ProviderReachable), StringComparison.Ordinal);
            Assert.Equal((reason, "InProgress"), (Stage.Condition(value, CommonConditions.Ready).Reason, Kstatus.Of(value)));
            Assert.Equal("True", Stage.Condition(value, CommonConditions.OmniReachable).Status);
        }

        Task ApplyAsync(string name, string tls, string secret = "matrix-proxmox", string? url = null) => stage.ApplyAsync($$"""
            apiVersion: omniscale.dev/v1alpha1
            kind: ProxmoxProvider
            metadata: {name: {{name}}}
            spec:
              providerID: {{Stage.ProviderId}}
              proxmox:
                url: {{url ?? stage.Proxmox.Url.ToString()}}
                credentialsSecretRef: {name: {{secret}}}
                {{tls}}
            """);
    }

    [Fact]
    public async Task Proxmoxes_that_hang_are_timeouts_and_hold_up_nobody_else()
    {
        await using var stage = await Stage.StartAsync(installation);
        await using var hanging = await ProxmoxSimulator.StartAsync(new(), TestContext.Current.CancellationToken);
        hanging.Faults.Add(new() { Delay = TimeSpan.FromSeconds(-1) });
        await stage.ApplySecretsAsync();

        // More than there are workers.
        for (var i = 0; i < 5; i++)
        {
            await stage.ApplyAsync($$"""
                apiVersion: omniscale.dev/v1alpha1
                kind: ProxmoxProvider
                metadata: {name: hanging-{{i}}}
                spec:
                  proxmox: {url: {{hanging.Url}}, credentialsSecretRef: {name: matrix-proxmox}, fingerprints: ['{{hanging.Fingerprint}}']}
                """);
        }

        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");

        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ReadyAsync<MachineClass>("small");
        Assert.True(hanging.CallsUnderWay > 0, "the others still wait");
        for (var i = 0; i < 5; i++)
        {
            await stage.ConditionAsync<ProxmoxProvider>($"hanging-{i}", ProxmoxProviderConditions.ProviderReachable, "False", ProxmoxReasons.Timeout);
        }

        hanging.Faults.Clear();
    }

    [Fact]
    public async Task A_Proxmox_that_is_slow_is_read_all_the_same_and_a_request_to_look_is_handled_by_a_look()
    {
        await using var stage = await Stage.StartAsync(installation);
        stage.Proxmox.Faults.Add(new() { Path = "/version", Delay = TimeSpan.FromSeconds(3) });
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ReadyAsync<MachineClass>("small");

        stage.Proxmox.Inventory.Revoke(MatrixCluster.UserId, "/", "Sys.Audit");
        var provider = await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal("False", provider.Status!.Conditions!.Single(c => c.Type == ProxmoxProviderConditions.PermissionsSufficient).Status);
    }

    [Fact]
    public async Task What_the_account_may_not_see_is_named()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        stage.Proxmox.Inventory.Edit(cluster => cluster.Users[0].Tokens[0].PrivilegeSeparation = true);
        await stage.ApplyProviderAsync();
        var separated = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "False", ProxmoxReasons.PrivilegeSeparation);
        Assert.Contains("pveum acl modify", Stage.Message(separated, CommonConditions.Ready), StringComparison.Ordinal);

        stage.Proxmox.Inventory.Edit(cluster => cluster.Users[0].Tokens[0].PrivilegeSeparation = false);
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);

        stage.Proxmox.Inventory.Revoke(MatrixCluster.UserId, "/", "Sys.Audit");
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        var lacking = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.PermissionsSufficient, "False", ProxmoxReasons.Insufficient);
        Assert.Contains("Sys.Audit on /", Stage.Message(lacking, CommonConditions.Ready), StringComparison.Ordinal);

        stage.Proxmox.Faults.Add(new() { Path = "*", Status = 403, Reason = "Permission check failed (/, Sys.Audit)" });
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderReachable, "False", ProxmoxReasons.Forbidden);
    }

    [Fact]
    public async Task The_health_of_the_Proxmox_cluster_is_followed()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        Assert.Equal("3/3", (await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId)).Status!.NodesOnline);

        stage.Proxmox.Inventory.SetNodeStatus("hotel", "offline");
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        var degraded = await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal("2/3", degraded.Status!.NodesOnline);
        Assert.Contains("not online: hotel", Stage.Message(degraded, CommonConditions.Ready), StringComparison.Ordinal);

        stage.Proxmox.Inventory.SetQuorate(false);
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        var inquorate = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "False", ProxmoxReasons.NoQuorum);
        Assert.False(inquorate.Status!.Quorate);

        stage.Proxmox.Inventory.SetQuorate(true);
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
    }

    [Fact]
    public async Task Its_registration_and_its_connection_to_Omni_are_followed_as_they_happen()
    {
        await using var stage = await Stage.StartAsync(installation, new() { Speed = 20_000 });
        stage.Omni.State.Put(ResourceTypes.InfraProviders.New("Matrix-Cluster", new InfraProviderSpec()));
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await stage.ApplyProviderAsync("nobody");
        var wrongCase = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderRegistered, "False", ProxmoxReasons.WrongCase);
        Assert.Contains("Omni knows Matrix-Cluster, not matrix-cluster", Stage.Message(wrongCase, CommonConditions.Ready), StringComparison.Ordinal);
        var missing = await stage.ConditionAsync<ProxmoxProvider>("nobody", ProxmoxProviderConditions.ProviderRegistered, "False", ProxmoxReasons.NotRegistered);
        Assert.Contains("omnictl infraprovider create nobody", Stage.Message(missing, CommonConditions.Ready), StringComparison.Ordinal);

        stage.Omni.Lifecycle.ConnectProvider(Stage.ProviderId);
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        await Eventually.ValueAsync(async () => (await stage.GetAsync<ProxmoxProvider>(Stage.ProviderId)).Status!.ProviderVersion, version => version == "v0.3.0", "the version of the process");

        stage.Omni.Lifecycle.SetProviderError(Stage.ProviderId, "no storage");
        var failing = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderConnected, "False", ProxmoxReasons.ProviderError);
        Assert.EndsWith("no storage", Stage.Message(failing, CommonConditions.Ready));

        stage.Omni.Lifecycle.SetProviderError(Stage.ProviderId, "");
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "False", ProxmoxReasons.Disconnected);
        stage.Omni.Lifecycle.ConnectProvider(Stage.ProviderId);
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task Credentials_that_are_put_right_are_tried_at_once()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.EditSecretAsync("matrix-proxmox", new() { ["tokenSecret"] = "canary-2-not-the-secret" });
        await stage.ApplyProviderAsync();
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderReachable, "False", ProxmoxReasons.Unauthorized);

        await stage.EditSecretAsync("matrix-proxmox", Stage.ProxmoxSecret());

        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
    }

    private static string OtherCa()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=other", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return certificate.ExportCertificatePem();
    }
}

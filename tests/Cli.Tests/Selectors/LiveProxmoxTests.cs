using System.Runtime.CompilerServices;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Cli.Tests.Selectors;

public sealed class LiveProxmoxTests : IDisposable
{
    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Storages_are_taken_from_Proxmox_by_token_or_password()
    {
        await using var proxmox = await StartAsync();
        string[] args = ["selector", "storageType == \"rbd\"", "--provider", proxmox.Url.ToString(), "--ca-file", cli.File(proxmox.CaPem)];

        UseToken();
        var byToken = await cli.RunAsync(args);
        cli.Environment.Clear();
        (cli.Environment["PROXMOX_USERNAME"], cli.Environment["PROXMOX_REALM"], cli.Environment["PROXMOX_PASSWORD"]) = ("omni", "pve", MatrixCluster.Password);
        var byPassword = await cli.RunAsync([.. args, "--node", "golf"]);

        Assert.Equal((0, ""), (byToken.Code, byToken.Error));
        Assert.Contains("'storageType == \"rbd\"' picks vm_ssd on foxtrot, golf, hotel.", byToken.Out, StringComparison.Ordinal);
        Assert.Contains("'storageType == \"rbd\"' picks vm_ssd on golf.", byPassword.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_runs_against_Proxmox_too()
    {
        await using var proxmox = await StartAsync();
        UseToken();

        var result = await cli.RunAsync(["selector", "--batch", "-", "--provider", proxmox.Url.ToString(), "--fingerprint", proxmox.Fingerprint, "--node", "hotel"], """["name == \"local\""]""");

        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("\"pick\": \"local\"", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Proxmox_that_is_not_trusted_or_refuses_is_a_failure_and_no_secret_is_shown()
    {
        await using var proxmox = await StartAsync();
        const string Secret = "11111111-2222-3333-4444-555555555555";
        (cli.Environment["PROXMOX_TOKEN_ID"], cli.Environment["PROXMOX_TOKEN_SECRET"]) = (MatrixCluster.TokenId, Secret);

        var untrusted = await cli.RunAsync(["selector", "true", "--provider", proxmox.Url.ToString()]);
        var refused = await cli.RunAsync(["selector", "true", "--provider", proxmox.Url.ToString(), "--insecure-skip-tls-verify"]);
        cli.Environment["PROXMOX_TOKEN_ID"] = Secret;
        var swapped = await cli.RunAsync(["selector", "true", "--provider", proxmox.Url.ToString(), "--insecure-skip-tls-verify"]);

        Assert.All([untrusted, refused, swapped], result =>
        {
            Assert.Equal((2, ""), (result.Code, result.Out));
            Assert.StartsWith("omniscale: ", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, result.Error, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_secret_that_is_missing_is_named()
    {
        cli.Environment["PROXMOX_TOKEN_ID"] = MatrixCluster.TokenId;

        Assert.Equal("omniscale: PROXMOX_TOKEN_SECRET is not set, which belongs to PROXMOX_TOKEN_ID\n", (await cli.RunAsync(["selector", "true", "--provider", "https://pve.example:8006"])).Error);
    }

    private void UseToken() => (cli.Environment["PROXMOX_TOKEN_ID"], cli.Environment["PROXMOX_TOKEN_SECRET"]) = (MatrixCluster.TokenId, MatrixCluster.TokenSecret);

    private static Task<ProxmoxSimulator> StartAsync() => ProxmoxSimulator.StartAsync(new(), TestContext.Current.CancellationToken);

    /// <summary>The tests talk to this machine only, whatever proxy its environment names.</summary>
    [ModuleInitializer]
    internal static void BypassProxies() => Environment.SetEnvironmentVariable("NO_PROXY", "localhost,127.0.0.1");
}

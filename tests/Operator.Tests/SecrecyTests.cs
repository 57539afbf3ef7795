using System.Text;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;

namespace OmniScale.Operator.Tests;

/// <summary>Every stage searches what its operator let out for its Secrets at the end; here is that the search finds them.</summary>
public sealed class SecrecyTests(Installation installation)
{
    [Fact]
    public async Task A_key_is_found_whole_in_part_and_in_other_spellings()
    {
        await using var omni = await OmniSimulator.StartAsync(new(), TestContext.Current.CancellationToken);
        var key = omni.CreateServiceAccountKey("omniscale", Role.Operator);
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(key));
        var armored = json.Split("\\n");

        Assert.True(Finds(key));
        Assert.True(Finds(key[..100]));
        Assert.True(Finds(json));
        Assert.True(Finds(armored.MaxBy(line => line.Length is <= 80 ? line.Length : 0)!));
        Assert.True(Finds(Convert.ToHexString(Encoding.UTF8.GetBytes(key))));
        Assert.True(Finds(Convert.ToBase64String(Encoding.UTF8.GetBytes(key))));
        Assert.False(Finds("omniscale@serviceaccount.omni.sidero.dev"));

        bool Finds(string text) =>
            Canary.Of(new Dictionary<string, string> { ["serviceAccountKey"] = key, ["endpoint"] = "omniscale" }).Any(canary => text.Contains(canary, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stage_whose_status_holds_a_secret_fails()
    {
        var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);

        await stage.AnnotateAsync<ProxmoxProvider>(Stage.ProviderId, UserAnnotations.ReconcileRequestedAt, Stage.ProxmoxSecret()["tokenSecret"]);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "True");

        await Assert.ThrowsAsync<Xunit.Sdk.DoesNotContainException>(async () => await stage.DisposeAsync());
    }
}

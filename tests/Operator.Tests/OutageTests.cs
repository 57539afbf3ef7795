using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>Omni comes and goes, keys are rotated, and other objects go on meanwhile.</summary>
public sealed class OutageTests(Installation installation)
{
    private const int Many = 50;

    [Fact]
    public async Task An_outage_is_told_once_after_a_grace_and_when_it_is_over_all_goes_on()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.Omni.SuspendAsync();

        var away = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);
        Assert.Equal("InProgress", Kstatus.Of(away));
        Assert.Equal("1/1", away.Status!.WorkersReady);
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);
        await stage.ApplyClusterAsync("first", workers: 2);
        stage.Omni.ClearCalls();

        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);

        Assert.Equal("2/2", (await stage.ReadyAsync<TalosCluster>("first")).Status!.WorkersReady);
        await stage.ReadyAsync<MachineClass>("small");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal(["Update MachineSets/first-workers"], stage.Writes());
        Assert.Single(await stage.EventsAsync("first"), e => e.Reason == OmniReasons.Unreachable);
        Assert.Equal(1, (await stage.EventsAsync("first")).Single(e => e.Reason == OmniReasons.Unreachable).Count);
    }

    [Fact]
    public async Task An_outage_that_concerns_many_is_told_to_a_few_at_a_time_and_by_one_write_each()
    {
        await using var stage = await Stage.StartAsync(installation);
        var names = await PrepareManyAsync(stage);
        var writes = await stage.CountWritesAsync<MachineClass>();

        await stage.Omni.SuspendAsync();
        var away = await Task.WhenAll(names.Select(name => stage.ConditionAsync<MachineClass>(name, CommonConditions.OmniReachable, "False", OmniReasons.Unreachable)));

        var told = away.Select(c => Stage.Condition(c, CommonConditions.OmniReachable).LastTransitionTime).ToList();
        Assert.True(told.Max() - told.Min() >= TimeSpan.FromSeconds(1), "fifty objects, twenty a second, take two seconds and more");
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False");
        await stage.Operator!.IdleAsync();
        Assert.Equal(Many + 1, writes());
        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(names.Select(stage.ReadyAsync<MachineClass>));
        await stage.ReadyAsync<MachineClass>("small");
        await stage.Operator!.IdleAsync();
        Assert.Equal(2 * (Many + 1), writes());
    }

    [Fact]
    public async Task An_outage_met_by_many_that_have_something_to_write_is_told_no_sooner_and_by_one_write_each()
    {
        await using var stage = await Stage.StartAsync(installation);
        var names = await PrepareManyAsync(stage);
        var writes = await stage.CountWritesAsync<MachineClass>();

        var beginning = TimeProvider.System.GetUtcNow();
        await stage.Omni.SuspendAsync();
        await Task.WhenAll(names.Select(name => stage.EditAsync<MachineClass>(name, """{"cores": 6}""")));
        var away = await Task.WhenAll(names.Select(name => stage.ConditionAsync<MachineClass>(name, CommonConditions.OmniReachable, "False", OmniReasons.Unreachable)));
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False");

        var told = away.Select(c => Stage.Condition(c, CommonConditions.OmniReachable)).ToList();
        Assert.True(told.Min(c => c.LastTransitionTime) - beginning > TimeSpan.FromSeconds(8), "the first ten seconds are no news");
        Assert.True(told.Max(c => c.LastTransitionTime) - told.Min(c => c.LastTransitionTime) >= TimeSpan.FromSeconds(1), "fifty objects, twenty a second, take two seconds and more");
        Assert.Single(told.Select(c => c.Message).Distinct());
        // The edit itself, that work on it begins, and the outage.
        await stage.Operator!.IdleAsync();
        Assert.Equal((3 * Many) + 1, writes());
        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(names.Select(stage.ReadyAsync<MachineClass>));
    }

    [Fact]
    public async Task An_object_that_comes_while_others_tell_an_outage_has_its_turn_too()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.CreateSecretAsync("omni", ApiGroup.OmniSecretType, new() { ["endpoint"] = "http://127.0.0.1:1", ["serviceAccountKey"] = stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator) });
        await stage.CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, Stage.ProxmoxSecret());
        await Task.WhenAll(Enumerable.Range(0, Many).Select(i => stage.ApplyClassAsync($"class-{i}")));

        await stage.ApplyProviderAsync();

        var provider = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);
        Assert.Equal("True", Stage.Condition(provider, ProxmoxProviderConditions.ProviderReachable).Status);
    }

    [Fact]
    public async Task A_connection_that_breaks_for_a_moment_is_no_news()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        var before = await stage.SettledAsync();
        stage.Omni.ClearCalls();

        stage.Omni.Faults.DropConnections();
        await Eventually.TrueAsync(() => stage.Omni.Calls.Count(call => call.Method == "Watch") >= 10, "the watches are back");
        stage.Omni.Faults.FailWatches();

        Assert.Equal(before, await stage.SettledAsync());
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task A_rotated_key_is_picked_up_without_a_restart()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ExpireKeys("omniscale");
        stage.Omni.Faults.DropConnections();
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.Unauthenticated);

        await stage.EditSecretAsync("omni", stage.OmniSecret(stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator)));

        await stage.ReadyAsync<TalosCluster>("first");
        stage.Omni.ClearCalls();
        await stage.ApplyClusterAsync("first", workers: 2);
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update MachineSets/first-workers"], stage.Writes());
    }

    [Fact]
    public async Task A_Secret_that_leads_elsewhere_and_back_again_changes_nothing()
    {
        await using var stage = await Stage.StartAsync(installation);
        await using var other = await OmniSimulator.StartAsync(new() { Providers = [Stage.ProviderId] }, TestContext.Current.CancellationToken);
        var key = stage.Omni.CreateServiceAccountKey("omniscale", Role.Operator);
        await stage.ApplySecretsAsync(key);
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ReadyAsync<MachineClass>("small");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        stage.Omni.ClearCalls();

        await stage.EditSecretAsync("omni", new() { ["endpoint"] = other.Endpoint.ToString(), ["serviceAccountKey"] = other.CreateServiceAccountKey("omniscale", Role.Operator) });
        var stalled = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Stalled, "True", CommonReasons.OmniChanged);
        Assert.Contains("Put the former values back", Stage.Message(stalled, CommonConditions.Ready), StringComparison.Ordinal);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Stalled, "True", CommonReasons.OmniChanged);
        Assert.Empty(other.Calls);

        await stage.EditSecretAsync("omni", stage.OmniSecret(key));
        await stage.ReadyAsync<MachineClass>("small");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task An_object_that_cannot_be_worked_on_does_not_hold_up_another()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Stall, Method = "Create", Id = "stuck", Times = null });
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Fail, Method = "Create", Id = "failing", Times = null, Code = Grpc.Core.StatusCode.Internal, Message = "panic: nil" });
        await stage.ApplyClusterAsync("stuck");
        await stage.ApplyClusterAsync("failing");
        await stage.ApplyClusterAsync("nowhere", more: "omniSecretRef: {name: missing}");

        await stage.ApplyClusterAsync("good");

        await stage.ReadyAsync<TalosCluster>("good");
        var failing = await stage.ConditionAsync<TalosCluster>("failing", CommonConditions.Reconciling, "True", CommonReasons.ProgressingWithRetry);
        Assert.Contains("panic: nil", Stage.Message(failing, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Equal("InProgress", Kstatus.Of(failing));
        stage.Omni.Faults.Clear();
        await stage.ReadyAsync<TalosCluster>("stuck");
        await stage.ReadyAsync<TalosCluster>("failing");
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "nowhere"));
    }

    private static async Task<IReadOnlyList<string>> PrepareManyAsync(Stage stage)
    {
        await stage.PrepareAsync();
        var names = Enumerable.Range(0, Many).Select(i => $"class-{i}").ToList();
        await Task.WhenAll(names.Select(name => stage.ApplyClassAsync(name)));
        await Task.WhenAll(names.Select(stage.ReadyAsync<MachineClass>));
        await stage.SettledAsync();
        return names;
    }
}

using System.Text.Json.Nodes;
using k8s.Models;

namespace OmniScale.Runtime.Tests;

/// <summary>The client, and what is built of single requests, against a real API server.</summary>
[Collection(nameof(WidgetCluster))]
public sealed class RealClientTests(WidgetCluster cluster) : IAsyncLifetime
{
    private const string Ours = "test.example.com/ours";
    private const string Foreign = "test.example.com/foreign";
    private readonly KubeClient _client = cluster.Client;
    private NamespacedName _one;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _one = new NamespacedName(await cluster.ControlPlane.CreateNamespaceAsync(), "one");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Errors_HaveTheirReasons()
    {
        await CreateAsync();

        Assert.True((await FailAsync(() => CreateAsync())).IsAlreadyExists);
        Assert.True((await FailAsync(() => _client.GetAsync<Widget>(_one with { Name = "two" }, Ct))).IsNotFound);
        ApiException invalid = await FailAsync(() => CreateAsync(size: 101, name: "two"));
        Assert.True(invalid.IsInvalid);
        Assert.Equal("spec.size", Assert.Single(invalid.Details!.Causes).Field);
        Assert.True((await FailAsync(() => _client.MergePatchAsync<Widget>(_one, Json("""{"spec":{"sise":1}}"""), Ct))).IsInvalid);
        ApiException conflict = await FailAsync(() => _client.MergePatchAsync<Widget>(_one, Json("""{"metadata":{"resourceVersion":"1"},"spec":{"size":9}}"""), Ct));
        Assert.True(conflict.IsConflict);
        using KubeClient nobody = WidgetCluster.Connect(cluster.ControlPlane.CreateUserKubeconfig("nobody"));
        Assert.True((await FailAsync(() => nobody.GetAsync<Widget>(_one, Ct))).IsForbidden);
    }

    [Fact]
    public async Task Apply_MergesFieldsAndReportsOwnersInConflict()
    {
        Widget applied = await _client.ServerSideApplyAsync(New(size: 1), Ct);
        Assert.Equal("tester", Assert.Single(applied.Metadata.ManagedFields).Manager);
        using var other = new KubeClient(KubeConfiguration.Load(cluster.ControlPlane.Kubeconfig), "other", TimeProvider.System);

        ApiException conflict = await FailAsync(() => other.ServerSideApplyAsync(New(size: 2), Ct));
        Assert.True(conflict.IsConflict);
        Widget forced = await other.ServerSideApplyAsync(New(size: 2), Ct, force: true);

        Assert.Equal(2, forced.Spec!.Size);
    }

    [Fact]
    public async Task Delete_WithPreconditions_SparesAnotherObjectOfTheName()
    {
        Widget widget = await CreateAsync();

        Assert.True((await FailAsync(() => _client.DeleteAsync<Widget>(_one, Ct, uid: "another"))).IsConflict);
        Assert.True((await FailAsync(() => _client.DeleteAsync<Widget>(_one, Ct, resourceVersion: "1"))).IsConflict);
        await _client.DeleteAsync<Widget>(_one, Ct, widget.Metadata.Uid, widget.Metadata.ResourceVersion);

        Assert.Null(await _client.FindAsync<Widget>(_one, Ct));
    }

    [Fact]
    public async Task List_OfManyObjects_ComesInPages()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 501), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (i, ct) =>
            await _client.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = $"map-{i:000}", NamespaceProperty = _one.Namespace } }, ct));
        int pages = 0;
        await foreach (var _ in _client.ListPagesAsync<V1ConfigMap>(_one.Namespace, new ListQuery(null, null), () => { }, Ct))
        {
            pages++;
        }

        Assert.Equal(2, pages);
        Assert.Equal(501, (await _client.ListAsync<V1ConfigMap>(_one.Namespace, Ct)).Count);
    }

    [Fact]
    public async Task Watch_FromAVersionOfLongAgo_IsGone()
    {
        await CreateAsync();

        ApiException gone = await FailAsync(async () =>
        {
            using WatchStream watch = await _client.OpenWatchAsync<Widget>(_one.Namespace, new ListQuery(null, null).Watch("1", TimeSpan.FromSeconds(10)), Ct);
            byte[]? line = await watch.ReadLineAsync(Ct);
            throw ApiException.FromWatch(System.Text.Json.JsonDocument.Parse(line!).RootElement.GetProperty("object"));
        });

        Assert.True(gone.IsGone);
    }

    [Fact]
    public async Task StatusWriter_WritesTheStatusAndNothingElse()
    {
        Widget current = await CreateAsync(size: 3);
        Widget desired = current.DeepClone();
        desired.Spec!.Size = 99;
        var fine = new V1Condition { Type = "Ready", Status = "True", Reason = "Fine", Message = "all well" };
        desired.Status = new WidgetStatus { Phase = "Up", Count = 1, ObservedGeneration = 1, Conditions = [fine] };
        var writer = new StatusWriter<Widget>(_client, TimeProvider.System);

        Widget written = (await writer.WriteAsync(current, desired, Ct))!;
        Widget again = (await writer.WriteAsync(written, desired, Ct))!;
        desired.Status.Count = null;
        Widget removed = (await writer.WriteAsync(again, desired, Ct))!;

        Assert.Equal((3, 1L, "Up"), (written.Spec!.Size, written.Metadata.Generation, written.Status!.Phase));
        V1Condition ready = Assert.Single(written.Status.Conditions!);
        Assert.Equal(1, ready.ObservedGeneration);
        Assert.InRange(TimeProvider.System.GetUtcNow() - ready.LastTransitionTime, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Same(written, again);
        Assert.Null(removed.Status!.Count);
        Assert.Equal(ready.LastTransitionTime, Assert.Single(removed.Status.Conditions!).LastTransitionTime);
    }

    [Fact]
    public async Task StatusWriter_WhenAnotherObjectHasTakenTheName_LeavesItAlone()
    {
        Widget former = await CreateAsync();
        await _client.DeleteAsync<Widget>(_one, Ct);
        await CreateAsync();
        Widget desired = former.DeepClone();
        desired.Status = new WidgetStatus { Phase = "Up" };

        Widget? written = await new StatusWriter<Widget>(_client, TimeProvider.System).WriteAsync(former, desired, Ct);

        Assert.Null(written);
        Assert.Null((await _client.GetAsync<Widget>(_one, Ct)).Status);
    }

    [Fact]
    public async Task StatusWriter_WhenTheSpecWasChangedMeanwhile_WritesWithoutAConflict()
    {
        Widget former = await CreateAsync();
        await _client.MergePatchAsync<Widget>(_one, Json("""{"spec":{"size":5}}"""), Ct);
        Widget desired = former.DeepClone();
        desired.Status = new WidgetStatus { Phase = "Up" };

        Widget? written = await new StatusWriter<Widget>(_client, TimeProvider.System).WriteAsync(former, desired, Ct);

        Assert.Equal((5, "Up"), (written!.Spec!.Size, written.Status!.Phase));
    }

    [Fact]
    public async Task Finalizers_AreAddedAndRemovedBesideThoseOfOthers()
    {
        Widget created = await CreateAsync();
        await Finalizers.AddAsync(_client, created, Foreign, Ct);
        Assert.True((await FailAsync(() => Finalizers.AddAsync(_client, created, Ours, Ct))).IsConflict);
        Widget current = await _client.GetAsync<Widget>(_one, Ct);
        await Finalizers.AddAsync(_client, current, Ours, Ct);
        current = await _client.GetAsync<Widget>(_one, Ct);
        Assert.Equal([Foreign, Ours], current.Metadata.Finalizers);
        await _client.DeleteAsync<Widget>(_one, Ct);

        // The object as it was before the deletion: the first attempt is a conflict.
        await Finalizers.RemoveAsync(_client, current, Ours);

        Widget deleting = await _client.GetAsync<Widget>(_one, Ct);
        Assert.Equal([Foreign], deleting.Metadata.Finalizers);
        await Finalizers.RemoveAsync(_client, deleting, Foreign);
        Assert.Null(await _client.FindAsync<Widget>(_one, Ct));
        await Finalizers.RemoveAsync(_client, deleting, Foreign);
    }

    [Fact]
    public async Task Add_OfAFinalizerToAnObjectInDeletion_IsInvalid()
    {
        Widget widget = await CreateAsync();
        await Finalizers.AddAsync(_client, widget, Foreign, Ct);
        await _client.DeleteAsync<Widget>(_one, Ct);
        Widget deleting = await _client.GetAsync<Widget>(_one, Ct);

        Assert.True((await FailAsync(() => Finalizers.AddAsync(_client, deleting, Ours, Ct))).IsInvalid);
        await Finalizers.RemoveAsync(_client, deleting, Foreign);
    }

    private Task<Widget> CreateAsync(int size = 0, string name = "one") => _client.CreateAsync(New(size, name), Ct);

    private Widget New(int size, string name = "one") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _one.Namespace },
        Spec = new WidgetSpec { Size = size },
    };

    private static JsonObject Json(string json) => JsonNode.Parse(json)!.AsObject();

    private static Task<ApiException> FailAsync(Func<Task> action) => Assert.ThrowsAsync<ApiException>(action);
}

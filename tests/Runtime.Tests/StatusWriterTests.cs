using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;

namespace OmniScale.Runtime.Tests;

public sealed class StatusWriterTests : IAsyncDisposable
{
    private static readonly DateTime Before = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 6, 7, 8, 9, 876, TimeSpan.Zero));
    private readonly List<(string Method, string Path, string Body)> _requests = [];
    private readonly Queue<Func<FakeExchange, Task>> _answers = [];
    private readonly Store<Widget> _store = new();
    private readonly FakeApiServer _server;
    private readonly KubeClient _client;
    private readonly StatusWriter<Widget> _writer;

    public StatusWriterTests()
    {
        _server = new FakeApiServer(request =>
        {
            _requests.Add((request.Method, request.Path, request.Body));
            return _answers.Dequeue()(request);
        });
        _client = _server.Client();
        _writer = new StatusWriter<Widget>(_client, _time, _store);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Write_WhenNothingChanged_SendsNothing()
    {
        Widget current = WithStatus("Up", Ready("True", "Fine", 1));
        Widget desired = WithStatus("Up", Ready("True", "Fine", null, time: default));

        Widget? written = await WriteAsync(current, desired);

        Assert.Same(current, written);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task Write_SendsWhatChangedBoundToTheVersionThatWasRead()
    {
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "2")));
        Widget current = WithStatus("Up", Ready("True", "Fine", 1));
        current.Status!.Count = 4;
        _store.Set(current);
        Widget desired = WithStatus("Down", Ready("True", "Fine", 1));

        Widget? written = await WriteAsync(current, desired);

        Assert.Equal("2", written!.Metadata.ResourceVersion);
        (string method, string path, string body) = Assert.Single(_requests);
        Assert.Equal(("PATCH", "/apis/test.example.com/v1/namespaces/a/widgets/one/status"), (method, path));
        Assert.Equal("""{"metadata":{"resourceVersion":"1"},"status":{"count":null,"phase":"Down"}}""", body);
        Assert.False(_store.IsCaughtUp(current.Key()));
    }

    [Fact]
    public async Task Write_WhenAStatusChanges_GivesTheConditionTheTimeInWholeSecondsAndTheGeneration()
    {
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "2")));
        Widget current = WithStatus("Up", Ready("True", "Fine", 1), Synced("True"));
        Widget desired = WithStatus("Up", Ready("False", "Broken", null, time: Before.AddYears(1)), Synced("True", time: default));

        await WriteAsync(current, desired);

        JsonArray conditions = JsonNode.Parse(_requests[0].Body)!["status"]!["conditions"]!.AsArray();
        Assert.Equal(("2026-05-06T07:08:09Z", 1L), ((string)conditions[0]!["lastTransitionTime"]!, (long)conditions[0]!["observedGeneration"]!));
        Assert.Equal("2026-01-02T03:04:05Z", (string)conditions[1]!["lastTransitionTime"]!);
    }

    [Fact]
    public async Task Write_WhenThereWasNoStatus_WritesItAll()
    {
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "2")));

        await WriteAsync(Widget.Named("one"), WithStatus("Up"));

        Assert.Equal("""{"metadata":{"resourceVersion":"1"},"status":{"phase":"Up"}}""", _requests[0].Body);
    }

    [Fact]
    public async Task Write_WhenThereIsAConflict_ReadsAgainAndWritesWhatIsStillMissing()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(409, "Conflict"));
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "5").Replace("\"spec\"", "\"status\":{\"phase\":\"Other\",\"count\":9},\"spec\"", StringComparison.Ordinal)));
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "6")));
        Widget desired = WithStatus("Down");
        desired.Status!.Count = 9;

        Widget? written = await WriteAsync(WithStatus("Up"), desired);

        Assert.Equal("6", written!.Metadata.ResourceVersion);
        Assert.Equal(["PATCH", "GET", "PATCH"], _requests.Select(request => request.Method));
        Assert.Equal("""{"metadata":{"resourceVersion":"5"},"status":{"phase":"Down"}}""", _requests[2].Body);
    }

    [Fact]
    public async Task Write_WhenTheObjectIsGone_IsNull()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(404, "NotFound"));

        Assert.Null(await WriteAsync(WithStatus("Up"), WithStatus("Down")));
    }

    [Fact]
    public async Task Write_WhenAnotherObjectHasTakenTheName_LeavesItAlone()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(409, "Conflict"));
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "5").Replace("uid-one", "other", StringComparison.Ordinal)));

        Assert.Null(await WriteAsync(WithStatus("Up"), WithStatus("Down")));
        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task Write_WhenTheServerRefusesIt_Throws()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(422, "Invalid"));

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => WriteAsync(WithStatus("Up"), WithStatus("Down")));

        Assert.True(error.IsInvalid);
    }

    private Task<Widget?> WriteAsync(Widget current, Widget desired) => _writer.WriteAsync(current, desired, TestContext.Current.CancellationToken);

    private static Widget WithStatus(string phase, params V1Condition[] conditions)
    {
        Widget widget = Widget.Named("one");
        widget.Status = new WidgetStatus { Phase = phase, Conditions = conditions.Length == 0 ? null : conditions };
        return widget;
    }

    private static V1Condition Ready(string status, string reason, long? generation, DateTime? time = null) =>
        new() { Type = "Ready", Status = status, Reason = reason, Message = "", ObservedGeneration = generation, LastTransitionTime = time ?? Before };

    private static V1Condition Synced(string status, DateTime? time = null) =>
        new() { Type = "Synced", Status = status, Reason = "Done", Message = "", ObservedGeneration = 1, LastTransitionTime = time ?? Before };
}

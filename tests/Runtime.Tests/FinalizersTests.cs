namespace OmniScale.Runtime.Tests;

public sealed class FinalizersTests : IAsyncDisposable
{
    private const string Ours = "test.example.com/ours";
    private readonly List<(string Method, string Body)> _requests = [];
    private readonly Queue<Func<FakeExchange, Task>> _answers = [];
    private readonly FakeApiServer _server;
    private readonly KubeClient _client;

    public FinalizersTests()
    {
        _server = new FakeApiServer(request =>
        {
            _requests.Add((request.Method, request.Body));
            return _answers.Dequeue()(request);
        });
        _client = _server.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Add_PatchesTheListOfTheVersionThatWasRead()
    {
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "5")));
        var store = new Store<Widget>();
        Widget widget = With("other/finalizer");
        store.Set(widget);

        await Finalizers.AddAsync(_client, widget, Ours, TestContext.Current.CancellationToken, store);

        Assert.Equal(("PATCH", """{"metadata":{"resourceVersion":"4","finalizers":["other/finalizer","test.example.com/ours"]}}"""), Assert.Single(_requests));
        Assert.False(store.IsCaughtUp(widget.Key()));
    }

    [Fact]
    public async Task Add_WhenItIsThere_SendsNothing()
    {
        await Finalizers.AddAsync(_client, With(Ours), Ours, TestContext.Current.CancellationToken);

        Assert.Empty(_requests);
    }

    [Fact]
    public async Task Add_WhenTheObjectHasChanged_ThrowsTheConflict()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(409, "Conflict"));

        ApiException error = await Assert.ThrowsAsync<ApiException>(
            () => Finalizers.AddAsync(_client, With(), Ours, TestContext.Current.CancellationToken));

        Assert.True(error.IsConflict);
    }

    [Fact]
    public async Task Add_WhenTheObjectIsGone_IsDone()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(404, "NotFound"));

        await Finalizers.AddAsync(_client, With(), Ours, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Remove_TakesOnlyOursWhereverItStands()
    {
        _answers.Enqueue(request => request.ReplyAsync(200, FakeExchange.Item("one", "5")));

        await Finalizers.RemoveAsync(_client, With("first/one", Ours, "last/one"), Ours);

        Assert.Equal("""{"metadata":{"resourceVersion":"4","finalizers":["first/one","last/one"]}}""", Assert.Single(_requests).Body);
    }

    [Theory]
    [InlineData(409, "Conflict")]
    [InlineData(422, "Invalid")]
    public async Task Remove_WhenTheObjectHasChanged_ReadsAgainAndTriesAgain(int code, string reason)
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(code, reason));
        _answers.Enqueue(request => request.ReplyAsync(200, Json("8", "new/one", Ours)));
        _answers.Enqueue(request => request.ReplyAsync(200, Json("9", "new/one")));

        await Finalizers.RemoveAsync(_client, With(Ours, "old/one"), Ours);

        Assert.Equal(["PATCH", "GET", "PATCH"], _requests.Select(request => request.Method));
        Assert.Equal("""{"metadata":{"resourceVersion":"8","finalizers":["new/one"]}}""", _requests[2].Body);
    }

    [Fact]
    public async Task Remove_WhenTheObjectIsGone_IsDone()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(404, "NotFound"));

        await Finalizers.RemoveAsync(_client, With(Ours), Ours);

        Assert.Single(_requests);
    }

    [Fact]
    public async Task Remove_WhenTheObjectGoesBetweenConflictAndRead_IsDone()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(409, "Conflict"));
        _answers.Enqueue(request => request.ReplyStatusAsync(404, "NotFound"));

        await Finalizers.RemoveAsync(_client, With(Ours), Ours);

        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task Remove_WhenAnotherObjectHasTakenTheName_LeavesItsFinalizer()
    {
        _answers.Enqueue(request => request.ReplyStatusAsync(409, "Conflict"));
        _answers.Enqueue(request => request.ReplyAsync(200, Json("8", Ours).Replace("uid-one", "other", StringComparison.Ordinal)));

        await Finalizers.RemoveAsync(_client, With(Ours), Ours);

        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task Remove_WhenTheConflictNeverEnds_GivesUp()
    {
        for (int i = 0; i < 20; i++)
        {
            _answers.Enqueue(request => request.Method == "GET" ? request.ReplyAsync(200, Json("8", Ours)) : request.ReplyStatusAsync(409, "Conflict"));
        }

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => Finalizers.RemoveAsync(_client, With(Ours), Ours));

        Assert.True(error.IsConflict);
    }

    private static string Json(string version, params string[] finalizers) =>
        FakeExchange.Item("one", version).Replace("\"uid\"", $"\"finalizers\":[{string.Join(',', finalizers.Select(name => $"\"{name}\""))}],\"uid\"", StringComparison.Ordinal);

    private static Widget With(params string[] finalizers)
    {
        Widget widget = Widget.Named("one", "4");
        widget.Metadata.Finalizers = [.. finalizers];
        return widget;
    }
}

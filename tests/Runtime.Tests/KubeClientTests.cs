using System.Text.Json.Nodes;
using k8s.Models;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public class KubeClientTests
{
    private static readonly NamespacedName One = new("a", "one");
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Error_WhenTheServerExplainsIt_IsReadFromTheBody()
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(409,
            """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"it exists","reason":"AlreadyExists","code":409,"details":{"name":"one","kind":"widgets","retryAfterSeconds":3}}"""));
        using KubeClient client = server.Client();

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => client.CreateAsync(Widget.Named("one"), Ct));

        Assert.Equal((409, "AlreadyExists", "it exists", "one"), (error.Code, error.Reason, error.Message, error.Details!.Name));
        Assert.True(error.IsAlreadyExists);
        Assert.False(error.IsConflict);
        Assert.Equal(TimeSpan.FromSeconds(3), error.RetryAfter);
    }

    [Theory]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(502, "")]
    [InlineData(502, "[]")]
    [InlineData(502, """{"kind":"Status","code":"x"}""")]
    public async Task Error_WhenAProxyAnswers_HasItsCode(int code, string body)
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(code, body));
        using KubeClient client = server.Client();

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<Widget>(One, Ct));

        Assert.Equal(502, error.Code);
        Assert.True(error.IsServerError);
        Assert.Equal("GET apis/test.example.com/v1/namespaces/a/widgets/one failed with HTTP status 502", error.Message);
    }

    [Fact]
    public async Task Find_WhenThereIsNone_IsNull()
    {
        await using var server = new FakeApiServer(request => request.ReplyStatusAsync(404, "NotFound"));
        using KubeClient client = server.Client();

        Assert.Null(await client.FindAsync<Widget>(One, Ct));
    }

    [Fact]
    public async Task Request_WhenTheServerDoesNotAnswer_TimesOutAfterThirtySeconds()
    {
        var time = new RecordingTimeProvider();
        await using var server = new FakeApiServer(request => request.StallAsync());
        using KubeClient client = server.Client(time);
        Task<Widget> request = client.GetAsync<Widget>(One, Ct);

        await time.PassAsync(TimeSpan.FromSeconds(30));

        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => request);
        Assert.Equal("The API server did not answer apis/test.example.com/v1/namespaces/a/widgets/one in time", error.GetBaseException().Message);
    }

    [Fact]
    public async Task Readiness_WhenTheServerDoesNotAnswer_SaysHowLongItWasWaitedFor()
    {
        var time = new RecordingTimeProvider();
        await using var server = new FakeApiServer(request => request.StallAsync());
        using KubeClient client = server.Client(time);
        Task<string?> question = client.FindUnreadinessAsync(TimeSpan.FromSeconds(3), Ct);

        await time.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal("no answer within 3 s", await question);
    }

    [Fact]
    public async Task Request_WhenTheAnswerStopsHalfway_TimesOutAfterThirtySeconds()
    {
        var time = new RecordingTimeProvider();
        await using var server = new FakeApiServer(async request =>
        {
            await request.BeginAsync();
            await request.RawAsync("""{"metadata":""");
            await request.StallAsync();
        });
        using KubeClient client = server.Client(time);
        Task<Widget> request = client.GetAsync<Widget>(One, Ct);
        await Eventually.TrueAsync(() => server.Requests.Count == 1, "the request has arrived");

        await time.PassAsync(TimeSpan.FromSeconds(30));

        await Assert.ThrowsAsync<TimeoutException>(() => request);
    }

    [Fact]
    public async Task Request_WhenNoConnectionIsMade_TimesOut()
    {
        using var client = new KubeClient(
            new k8s.KubernetesClientConfiguration
            {
                Host = "http://127.0.0.1:1",
                FirstMessageHandlerSetup = handler =>
                {
                    handler.ConnectTimeout = TimeSpan.FromMilliseconds(50);
                    handler.ConnectCallback = async (_, ct) =>
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
                        return Stream.Null;
                    };
                },
            },
            "tester",
            TimeProvider.System);

        await Assert.ThrowsAsync<TimeoutException>(() => client.GetAsync<Widget>(One, Ct));
    }

    [Fact]
    public async Task Request_WhenTheCallerCancels_IsCancelled()
    {
        await using var server = new FakeApiServer(request => request.StallAsync());
        using KubeClient client = server.Client();
        using var cancelled = new CancellationTokenSource();
        Task<Widget> request = client.GetAsync<Widget>(One, cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task MergePatch_KeepsTheNullsThatDelete()
    {
        FakeExchange? seen = null;
        await using var server = new FakeApiServer(request => { seen = request; return request.ReplyAsync(200, FakeExchange.Item("one", "7", 3)); });
        using KubeClient client = server.Client();

        Widget widget = await client.MergePatchAsync<Widget>(One, new JsonObject { ["status"] = new JsonObject { ["phase"] = null } }, Ct, "status");

        Assert.Equal("7", widget.Metadata.ResourceVersion);
        Assert.Equal("PATCH", seen!.Method);
        Assert.Equal("/apis/test.example.com/v1/namespaces/a/widgets/one/status?fieldManager=tester&fieldValidation=Strict", seen.Target);
        Assert.StartsWith("application/merge-patch+json", seen.Headers["Content-Type"]);
        Assert.StartsWith("tester/", seen.Headers["User-Agent"]);
        Assert.Equal("""{"status":{"phase":null}}""", seen.Body);
    }

    [Fact]
    public async Task Apply_NamesTheKindAndLeavesOutNullsAndManagedFields()
    {
        FakeExchange? seen = null;
        await using var server = new FakeApiServer(request => { seen = request; return request.ReplyAsync(200, FakeExchange.Item("one", "7")); });
        using KubeClient client = server.Client();
        var widget = new Widget { Metadata = new V1ObjectMeta { Name = "one", NamespaceProperty = "a", ManagedFields = [] }, Spec = new WidgetSpec { Size = 3 } };

        await client.ServerSideApplyAsync(widget, Ct, force: true);

        Assert.Equal("/apis/test.example.com/v1/namespaces/a/widgets/one?fieldManager=tester&fieldValidation=Strict&force=true", seen!.Target);
        Assert.StartsWith("application/apply-patch+yaml", seen.Headers["Content-Type"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(seen.Body), JsonNode.Parse(
            """{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"one","namespace":"a"},"spec":{"size":3}}""")), seen.Body);
    }

    [Fact]
    public async Task Server_WhenItsAddressHasAPath_KeepsIt()
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(200, FakeExchange.Item("one", "7")));
        using var client = new KubeClient(new k8s.KubernetesClientConfiguration { Host = server.Url + "/k8s/clusters/c-1" }, "tester", TimeProvider.System);

        await client.GetAsync<Widget>(One, Ct);

        Assert.Equal(["GET /k8s/clusters/c-1/apis/test.example.com/v1/namespaces/a/widgets/one"], server.Requests);
    }

    [Fact]
    public async Task Get_OfACoreKindAndOfAClusterScopedOne_AsksForTheRightPath()
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(200, """{"metadata":{"name":"x"}}"""));
        using KubeClient client = server.Client();

        await client.GetAsync<V1Secret>(One, Ct);
        await client.GetAsync<V1Namespace>(new NamespacedName("", "kube-system"), Ct);

        Assert.Equal(["GET /api/v1/namespaces/a/secrets/one", "GET /api/v1/namespaces/kube-system"], server.Requests);
    }

    [Fact]
    public async Task List_ReadsAllPages()
    {
        await using var server = new FakeApiServer(request => request.Query("continue") is null
            ? request.ReplyPageAsync("1", "next", FakeExchange.Item("one", "1"))
            : request.ReplyPageAsync("1", null, FakeExchange.Item("two", "1")));
        using KubeClient client = server.Client();

        IReadOnlyList<Widget> widgets = await client.ListAsync<Widget>("a", Ct);

        Assert.Equal(["one", "two"], widgets.Select(widget => widget.Metadata.Name));
    }
}

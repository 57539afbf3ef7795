using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

public sealed partial class ObservabilityTests(Installation installation)
{
    [Fact]
    public async Task Metrics_WhenAClusterIsReady_AreThoseThatTheDocumentLists()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");

        // The operator hears of its own last writes a moment later than they are read here.
        var text = await Eventually.ValueAsync(() => ScrapeAsync(stage), scraped => ((string[])["TalosCluster", "MachineClass", "ProxmoxProvider"]).All(
            kind => Value(scraped, $"omniscale_resources{{kind=\"{kind}\",ready=\"True\"}}") == "1"), "one object of each kind is ready");

        Assert.Equal(Documented(), Exposed(text));
        Assert.Equal("1", Value(text, "omniscale_leader"));
        Assert.NotEqual("0", Value(text, "controller_runtime_reconcile_total{controller=\"taloscluster\",result=\"success\"}"));
        Assert.NotEqual("0", Value(text, "omniscale_omni_calls_total{operation=\"Create\",type=\"Clusters.omni.sidero.dev\",outcome=\"OK\"}"));
        Assert.NotEqual("0", Value(text, "omniscale_proxmox_calls_total{operation=\"GET /nodes/{node}/storage\",code=\"200\"}"));
        Assert.NotEqual("0", Value(text, "omniscale_omni_watches{state=\"up\"}"));
    }

    [Fact]
    public async Task Metrics_WhenAnObjectIsGone_CountItNoLonger()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        await stage.DeleteAsync<Crds.MachineClass>("small");
        await stage.GoneAsync<Crds.MachineClass>("small");

        await Eventually.TrueAsync(
            async () => Value(await ScrapeAsync(stage), "omniscale_resources{kind=\"MachineClass\",ready=\"True\"}") == "0", "the class is no longer counted");
    }

    [Fact]
    public async Task Traces_HaveASpanPerPassAndBelowItOnePerRemoteCall()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("OmniScale.", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");

        var passes = spans.Where(s => s.OperationName == "Reconcile TalosCluster" && (string?)s.GetTagItem("namespace") == stage.Namespace).ToList();
        Assert.All(passes, pass =>
        {
            Assert.Null(pass.Parent);
            Assert.Equal(("TalosCluster", "first", pass.SpanId.ToHexString()), (pass.GetTagItem("kind"), pass.GetTagItem("name"), pass.GetTagItem("reconcileId")));
        });
        var create = Assert.Single(spans, s => s.DisplayName == "Omni Create Clusters.omni.sidero.dev" && passes.Contains(s.Parent!));
        Assert.Equal("OK", create.GetTagItem("outcome"));
        Assert.Contains(spans, s => s.DisplayName == "Kubernetes PATCH" && s.Parent == create.Parent && Equals(s.GetTagItem("http.response.status_code"), "200"));
        var looks = spans.Where(s => s.OperationName == "Reconcile ProxmoxProvider" && (string?)s.GetTagItem("namespace") == stage.Namespace).ToList();
        Assert.Contains(spans, s => s.DisplayName == "Proxmox GET /nodes/{node}/storage" && looks.Contains(s.Parent!) && Equals(s.GetTagItem("code"), "200"));
        // The watch of a Secret lives on after the pass that asked for it.
        Assert.DoesNotContain(spans, s => s.DisplayName == "Kubernetes GET" && s.GetTagItem("url.path") is string path && path.EndsWith("/secrets", StringComparison.Ordinal));
    }

    private static async Task<string> ScrapeAsync(Stage stage)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(stage.Operator!.Address, "/metrics"), TestContext.Current.CancellationToken);
    }

    private static string? Value(string text, string series) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal))?[(series.Length + 1)..];

    /// <summary>The rows of the table, as <c>name type label,label</c>.</summary>
    private static IEnumerable<string> Documented() =>
        TableRow().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md")))
            .Select(row => $"{row.Groups["name"]} {row.Groups["type"]} {row.Groups["labels"].Value.Replace("`", "").Replace(" ", "")}")
            .Order(StringComparer.Ordinal);

    /// <summary>What is exposed, in the same form.</summary>
    private static IEnumerable<string> Exposed(string text) =>
        TypeLine().Matches(text).Select(type =>
        {
            var (name, kind) = (type.Groups["name"].Value, type.Groups["type"].Value);
            var sample = Regex.Match(text, $@"^{name}{(kind == "histogram" ? "_count" : "")}(\{{(?<labels>.*)\}})? ", RegexOptions.Multiline | RegexOptions.ExplicitCapture);
            Assert.True(sample.Success, $"{name} has no value");
            return $"{name} {kind} {string.Join(',', LabelName().Matches(sample.Groups["labels"].Value).Select(label => label.Groups["name"].Value))}";
        }).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?<type>\w+) \| (?<labels>[\w`, ]*?) ?\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"^# TYPE (?<name>\w+) (?<type>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"(?<name>\w+)=""[^""]*""", RegexOptions.ExplicitCapture)]
    private static partial Regex LabelName();
}

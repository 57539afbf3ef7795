using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace OmniScale.Cli.Tests.Selectors;

public sealed class SelectorCommandTests : IDisposable
{
    private const string Storages = """
        {"storages": [
          {"name": "local", "node": "golf", "storageType": "dir", "availableSpace": 94489280512, "content": ["iso", "vztmpl"]},
          {"name": "local-lvm", "node": "golf", "storageType": "lvmthin", "availableSpace": 687194767360, "content": "images,rootdir", "enabled": 1, "shared": false},
          {"name": "vm_ssd", "node": "golf", "storageType": "rbd", "availableSpace": 9019431321600},
          {"name": "vm_ssd", "node": "hotel", "storageType": "rbd", "availableSpace": 9019431321600, "content": null, "active": true}
        ]}
        """;

    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task A_valid_selector_is_shown_with_what_it_picks()
    {
        var result = await cli.RunAsync(["selector", "storageType == \"rbd\"", "--storages", cli.File(Storages)]);

        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Equal("""
            valid
            'storageType == "rbd"' picks vm_ssd on golf, hotel.

            NODE    STORAGE     TYPE      AVAILABLE   MATCHES   REMARK
            golf    local       dir       88 GiB      no
            golf    local-lvm   lvmthin   640 GiB     no
            golf    vm_ssd      rbd       8.2 TiB     yes       picked
            hotel   vm_ssd      rbd       8.2 TiB     yes       picked

            """, Trimmed(result.Out));
    }

    [Fact]
    public async Task A_selector_that_does_not_compile_is_shown_with_the_place_and_what_was_meant()
    {
        var result = await cli.RunAsync(["selector", "type == \"rbd\"", "--storages", "-"], Storages);

        Assert.Equal((1, ""), (result.Code, result.Error));
        Assert.Equal("""
            not valid (TypeError)
            ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(type(type), string)'
             | type == "rbd"
             | .....^

            `type` is a CEL built-in; the storage type is called storageType.
            Did you mean:
              storageType == "rbd"
              (matches vm_ssd on golf, hotel)

            """, Trimmed(result.Out));
    }

    [Fact]
    public async Task A_selector_that_fails_on_a_node_is_valid_on_another()
    {
        var storages = cli.File(Storages);

        Assert.Equal(1, (await cli.RunAsync(["selector", "name == \"local-lvm\"", "--storages", storages])).Code);
        Assert.Equal(0, (await cli.RunAsync(["selector", "name == \"local-lvm\"", "--storages", storages, "--node", "golf"])).Code);
        Assert.Equal(1, (await cli.RunAsync(["selector", "name == \"local-lvm\"", "--storages", storages, "--node", "gulf"])).Code);
    }

    [Fact]
    public async Task Json_and_yaml_hold_the_same()
    {
        string[] args = ["selector", "name in [\"local\", \"vm_ssd\"]", "--storages", cli.File(Storages), "--output"];

        var json = JsonNode.Parse((await cli.RunAsync([.. args, "json"])).Out)!;
        var yaml = await cli.RunAsync([.. args, "yaml"]);

        Assert.Equal("AmbiguousMatch", json["reason"]!.GetValue<string>());
        Assert.Equal(["golf", "hotel"], json["nodes"]!.AsArray().Select(n => n!["node"]!.GetValue<string>()));
        Assert.Equal("cannot hold VM disks (its content is iso, vztmpl, without images)", json["nodes"]![0]!["storages"]![0]!["obstacle"]!.GetValue<string>());
        Assert.Equal("name == \"vm_ssd\"", json["hint"]!["selector"]!.GetValue<string>());
        var read = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object?>>(yaml.Out);
        Assert.Equal(json["message"]!.GetValue<string>(), read["message"]);
        Assert.Equal(json.AsObject().Select(p => p.Key).Order(), read.Keys.Order());
        Assert.Equal(0, yaml.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@nothing")]
    [InlineData("[bold]red[/]")]
    public async Task A_selector_is_taken_as_it_is(string selector)
    {
        var result = await cli.RunAsync(["selector", selector, "--storages", cli.File(Storages), "-o", "json"]);

        Assert.Equal(1, result.Code);
        Assert.Equal(selector, JsonNode.Parse(result.Out)!["expr"]!.GetValue<string>());
        Assert.Equal(1, (await cli.RunAsync(["selector", selector, "--storages", cli.File(Storages)])).Code);
    }

    [Theory]
    [InlineData("", "--storages - --node golf", "Give one selector, or --batch")]
    [InlineData("true", "", "Say where the storages are")]
    [InlineData("true", "--storages a --provider https://b:8006", "Say where the storages are")]
    [InlineData("true", "--provider https://b:8006 --ca-file c --insecure-skip-tls-verify", "Give only one of --ca-file")]
    [InlineData("true", "--storages a --fingerprint AB", "belong to --provider")]
    [InlineData("", "--storages - --batch -", "Only one of --storages and --batch")]
    [InlineData("true", "--storages a --output xml", "'xml' not recognized")]
    [InlineData("name", "== x --storages a", "put it in single quotes")]
    [InlineData("true", "--storages /does/not/exist", "/does/not/exist cannot be read")]
    [InlineData("true", "--provider https://b:8006", "PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET")]
    [InlineData("true", "--provider http://b:8006", "must begin with https://")]
    [InlineData("true", "--provider https://b:8006 --fingerprint AB", "is not a SHA-256 fingerprint")]
    public async Task Wrong_usage_is_told_on_standard_error(string selector, string options, string message)
    {
        string[] args = ["selector", .. selector.Length > 0 ? [selector] : Array.Empty<string>(), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

        var result = await cli.RunAsync(args);

        Assert.Equal(2, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the storages are not valid JSON")]
    [InlineData("{\"a\": []}", "the storages must be a JSON array")]
    [InlineData("[1]", "storages[0] is not an object")]
    [InlineData("[{\"node\": \"n\"}]", "storages[0] lacks name")]
    [InlineData("[{\"name\": \"a\", \"node\": \"n\", \"storageType\": \"dir\"}]", "storages[0] lacks availableSpace")]
    [InlineData("[{\"name\": \"a\", \"node\": \"n\", \"storageType\": \"dir\", \"availableSpace\": -1}]", "storages[0].availableSpace must be a number of bytes")]
    [InlineData("[{\"name\": \"a\", \"node\": \"n\", \"storageType\": 1, \"availableSpace\": 1}]", "storages[0].storageType must be a string")]
    [InlineData("[{\"name\": \"a\", \"node\": \"n\", \"storageType\": \"dir\", \"availableSpace\": 1, \"content\": [1]}]", "storages[0].content must be a list of strings")]
    [InlineData("[{\"name\": \"a\", \"node\": \"n\", \"storageType\": \"dir\", \"availableSpace\": 1, \"active\": \"yes\"}]", "storages[0].active must be true or false")]
    public async Task Storages_that_cannot_be_read_are_told_with_their_place(string storages, string message)
    {
        var result = await cli.RunAsync(["selector", "true", "--storages", cli.File(storages)]);

        Assert.Equal(2, result.Code);
        Assert.StartsWith($"omniscale: {message}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_tells_usage_exit_codes_and_examples()
    {
        var result = await cli.RunAsync(["selector", "--help"]);

        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("--insecure-skip-tls-verify", result.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0 valid, 1 not valid, 2 not checked", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Exit codes", (await cli.RunAsync(["--help"])).Out, StringComparison.Ordinal);
    }

    /// <summary>Table rows are filled up with spaces.</summary>
    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd()));
}

using System.Net.Sockets;
using System.Text;
using System.Web;

namespace OmniScale.Runtime.Tests;

/// <summary>One request to the fake API server, and the means to answer it.</summary>
internal sealed class FakeExchange
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly CancellationToken _stop;

    private FakeExchange(TcpClient client, string method, string target, IReadOnlyDictionary<string, string> headers, string body, CancellationToken stop)
    {
        _client = client;
        _stream = client.GetStream();
        _stop = stop;
        Method = method;
        Target = target;
        Headers = headers;
        Body = body;
    }

    public string Method { get; }

    public string Target { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public string Body { get; }

    public bool KeepsConnection { get; private set; }

    public string Path => Target.Split('?')[0];

    public bool IsWatch => Query("watch") == "true";

    public string? Query(string name) => Target.Split('?') is [_, var query] ? HttpUtility.ParseQueryString(query)[name] : null;

    public static async Task<FakeExchange?> ReadAsync(TcpClient client, CancellationToken stop)
    {
        NetworkStream stream = client.GetStream();
        var head = new StringBuilder();
        var single = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(single, stop) == 0)
            {
                return null;
            }

            head.Append((char)single[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] request = lines[0].Split(' ');
        var headers = lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out string? length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body, stop);
        return new FakeExchange(client, request[0], request[1], headers, Encoding.UTF8.GetString(body), stop);
    }

    public async Task ReplyAsync(int status, string json, string? header = null)
    {
        KeepsConnection = true;
        byte[] body = Encoding.UTF8.GetBytes(json);
        await WriteAsync($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{header}{(header is null ? "" : "\r\n")}\r\n");
        await _stream.WriteAsync(body, _stop);
    }

    public Task ReplyStatusAsync(int code, string reason, string message = "no", string? header = null) =>
        ReplyAsync(code, Status(code, reason, message), header);

    public Task ReplyListAsync(string version, params string[] items) => ReplyPageAsync(version, null, items);

    public Task ReplyPageAsync(string version, string? continueToken, params string[] items) =>
        ReplyAsync(200, $$$"""{"kind":"WidgetList","apiVersion":"test.example.com/v1","metadata":{"resourceVersion":"{{{version}}}","continue":"{{{continueToken}}}"},"items":[{{{string.Join(',', items)}}}]}""");

    /// <summary>Accepts a watch; nothing but the header is sent.</summary>
    public Task BeginAsync() => WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");

    public Task EventAsync(string type, string json) => RawAsync($$"""{"type":"{{type}}","object":{{json}}}""" + "\n");

    public Task RawAsync(string text) => WriteAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Ends the stream in the proper way.</summary>
    public Task EndAsync()
    {
        KeepsConnection = true;
        return WriteAsync("0\r\n\r\n");
    }

    /// <summary>Ends the connection with a TCP reset.</summary>
    public void Reset() => _client.Client.Close(0);

    /// <summary>Says nothing more until the client closes the connection.</summary>
    public async Task StallAsync()
    {
        while (await _stream.ReadAsync(new byte[1], _stop) > 0)
        {
        }
    }

    public static string Status(int code, string reason, string message = "no") =>
        $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""";

    public static string Item(string name, string version, int size = 0, string ns = "a") =>
        $$$"""{"metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"uid-{{{name}}}","generation":1,"resourceVersion":"{{{version}}}"},"spec":{"size":{{{size}}}}}""";

    private Task WriteAsync(string text) => _stream.WriteAsync(Encoding.UTF8.GetBytes(text), _stop).AsTask();
}

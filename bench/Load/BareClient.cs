using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Grpc.Core;
using OmniScale.Omni;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Bench.Load;

/// <summary>What a bare client is to write, and where.</summary>
/// <param name="Versions">The resourceVersions of the objects.</param>
internal sealed record BarePlan(
    string Kubeconfig, string Namespace, Uri Omni, string Key, int Workers,
    IReadOnlyDictionary<string, string> Versions, IReadOnlyList<ObjectWrites> WarmUp, IReadOnlyList<ObjectWrites> Writes);

/// <summary>
/// A process that makes the same writes as the operator with as many workers, and does nothing else: it watches nothing, caches
/// nothing, compares nothing and knows the body of every request before it begins.
/// </summary>
internal sealed class BareClient : IDisposable
{
    public const string Ready = "ready";

    /// <summary>As many as the operator lets wait; those beyond are lost there too.</summary>
    private const int EventQueue = 1000;

    private readonly BarePlan plan;
    private readonly Kube kube;
    private readonly Grpc.Net.Client.GrpcChannel channel;
    private readonly State.StateClient omni;
    private readonly Channel<string> events = Channel.CreateBounded<string>(EventQueue);

    private BareClient(BarePlan plan)
    {
        this.plan = plan;
        kube = new Kube(plan.Kubeconfig);
        channel = OmniChannel.Open(OmniConnectionSettings.Parse(plan.Omni.ToString(), plan.Key), TimeProvider.System);
        omni = new State.StateClient(channel);
    }

    /// <summary>Warms up, says so, waits for a line, writes, and stays until the input ends.</summary>
    public static async Task<int> RunAsync(string file, CancellationToken ct)
    {
        using var client = new BareClient(JsonSerializer.Deserialize<BarePlan>(await File.ReadAllTextAsync(file, ct))!);
        var telling = Task.Run(() => client.TellAsync(ct), ct);
        await client.WriteAsync(client.plan.WarmUp, ct);
        Console.WriteLine(Ready);
        await Console.In.ReadLineAsync(ct);
        await client.WriteAsync(client.plan.Writes, ct);
        client.events.Writer.Complete();
        await telling;
        await Console.In.ReadLineAsync(ct);
        return 0;
    }

    public void Dispose()
    {
        channel.Dispose();
        kube.Dispose();
    }

    private Task WriteAsync(IReadOnlyList<ObjectWrites> all, CancellationToken ct)
    {
        var left = new ConcurrentQueue<ObjectWrites>(all);
        return Task.WhenAll(Enumerable.Range(0, plan.Workers).Select(_ => Task.Run(async () =>
        {
            while (left.TryDequeue(out var next))
            {
                await WriteAsync(next, ct);
            }
        }, ct)));
    }

    private async Task WriteAsync(ObjectWrites next, CancellationToken ct)
    {
        var version = plan.Versions[next.Name];
        foreach (var write in next.Writes)
        {
            if (write.Create is { } create)
            {
                await CreateAsync(CreateRequest.Parser.ParseFrom(create), ct);
            }
            else
            {
                var path = Kube.TalosClusters(plan.Namespace, next.Name, write.Subresource) + "?fieldManager=omniscale-operator&fieldValidation=Strict";
                version = VersionOf(await kube.SendAsync(HttpMethod.Patch, path, write.Before + version + write.After, Kube.MergePatch, ct));
            }
        }

        foreach (var told in next.Events)
        {
            events.Writer.TryWrite(told);
        }
    }

    /// <summary>Omni checks the parts of a cluster against a cache that has the cluster itself late; the operator waits as long.</summary>
    private async Task CreateAsync(CreateRequest create, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await omni.CreateAsync(create, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(10), cancellationToken: ct);
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument && e.Status.Detail.Contains("does not exist", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, ct);
            }
        }
    }

    private async Task TellAsync(CancellationToken ct)
    {
        await foreach (var told in events.Reader.ReadAllAsync(ct))
        {
            var body = JsonNode.Parse(told)!;
            body["involvedObject"]!["namespace"] = plan.Namespace;
            await kube.SendAsync(HttpMethod.Post, $"api/v1/namespaces/{plan.Namespace}/events?fieldManager=omniscale-operator&fieldValidation=Strict", body.ToJsonString(), "application/json", ct);
        }
    }

    private static string VersionOf(byte[] answer)
    {
        var reader = new Utf8JsonReader(answer);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 2 && reader.ValueTextEquals("resourceVersion"u8))
            {
                reader.Read();
                return reader.GetString()!;
            }
        }

        throw new InvalidDataException("The answer to a patch has no resourceVersion.");
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace OmniScale.Lab.Tests.Omni;

/// <summary>Signs calls as Omni's clients do, with ways to do it wrong.</summary>
internal sealed class Signer : Interceptor
{
    private readonly PgpPrivateKey privateKey;
    private readonly string fingerprint;

    public Signer(string serviceAccountKey)
    {
        var json = JsonNode.Parse(Convert.FromBase64String(serviceAccountKey))!;
        using var decoded = PgpUtilities.GetDecoderStream(new MemoryStream(Encoding.ASCII.GetBytes(json["pgp_key"]!.GetValue<string>())));
        var secret = new PgpSecretKeyRing(decoded).GetSecretKey();
        privateKey = secret.ExtractPrivateKey([]);
        fingerprint = Convert.ToHexStringLower(secret.PublicKey.GetFingerprint());
        Identity = $"{json["name"]!.GetValue<string>()}@serviceaccount.omni.sidero.dev";
    }

    public string Identity { get; set; }

    /// <summary>Offset of this signer's clock.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Changes the payload before it is signed.</summary>
    public Action<JsonObject>? EditPayload { get; set; }

    /// <summary>Changes the headers after they are signed.</summary>
    public Action<Metadata>? EditHeaders { get; set; }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Sign(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Sign(context));

    private ClientInterceptorContext<TRequest, TResponse> Sign<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? [])
            headers.Add(entry);
        headers.Add("x-sidero-timestamp", TimeProvider.System.GetUtcNow().Add(Skew).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

        var signed = new JsonObject();
        foreach (var name in new[] { "authorization", "cluster", "context", "fieldSelectors", "namespace", "nodes", "runtime", "selectors", "uid", "x-sidero-timestamp" })
            signed[name] = headers.GetValue(name) is { } value ? new JsonArray(value) : null;
        var payload = new JsonObject { ["headers"] = signed, ["method"] = context.Method.FullName };
        EditPayload?.Invoke(payload);
        var text = payload.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
        headers.Add("x-sidero-payload", text);
        headers.Add("x-sidero-signature", $"siderov1 {Identity} {fingerprint} {Convert.ToBase64String(Signature(text))}");
        EditHeaders?.Invoke(headers);
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
    }

    private byte[] Signature(string text)
    {
        var generator = new PgpSignatureGenerator(PublicKeyAlgorithmTag.EdDsa_Legacy, HashAlgorithmTag.Sha256);
        generator.InitSign(PgpSignature.BinaryDocument, privateKey);
        generator.Update(Encoding.UTF8.GetBytes(text));
        using var buffer = new MemoryStream();
        generator.Generate().Encode(buffer);
        return buffer.ToArray();
    }
}

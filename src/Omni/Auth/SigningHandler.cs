using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OmniScale.Omni;

/// <summary>
/// Signs each request as Omni verifies it. It sits below gRPC so that what is signed are the method and headers that
/// really travel, anew for every attempt: the timestamp may differ from Omni's clock by five minutes at most.
/// </summary>
internal sealed class SigningHandler(ServiceAccountKey key, TimeProvider time, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    public const string TimestampHeader = "x-sidero-timestamp";
    public const string PayloadHeader = "x-sidero-payload";
    public const string SignatureHeader = "x-sidero-signature";

    // Every header that the signature covers, in the order in which Go writes map keys. Omni compares each with the request,
    // and takes an absent one only as null. fieldSelectors is never looked up in a way that finds it, so it is always null.
    private static readonly string[] CoveredHeaders =
        ["authorization", "cluster", "context", "fieldSelectors", "namespace", "nodes", "runtime", "selectors", "uid", TimestampHeader];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        Set(request, TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        var payload = Payload(request);
        var signature = Convert.ToBase64String(key.Sign(payload, now));
        Set(request, PayloadHeader, Encoding.UTF8.GetString(payload));
        Set(request, SignatureHeader, $"siderov1 {key.Identity} {key.Fingerprint} {signature}");
        return base.SendAsync(request, cancellationToken);
    }

    private static byte[] Payload(HttpRequestMessage request)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("headers");
            foreach (var header in CoveredHeaders)
            {
                json.WritePropertyName(header);
                if (header != "fieldSelectors" && request.Headers.TryGetValues(header, out var values))
                {
                    json.WriteStartArray();
                    foreach (var value in values)
                    {
                        json.WriteStringValue(value);
                    }

                    json.WriteEndArray();
                }
                else
                {
                    json.WriteNullValue();
                }
            }

            json.WriteEndObject();
            json.WriteString("method", request.RequestUri!.AbsolutePath);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Set(HttpRequestMessage request, string header, string value)
    {
        request.Headers.Remove(header);
        request.Headers.TryAddWithoutValidation(header, value);
    }
}

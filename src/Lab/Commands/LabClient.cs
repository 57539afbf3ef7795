using System.CommandLine;
using System.Text.Json;
using OmniScale.Lab.Control;

namespace OmniScale.Lab.Commands;

/// <summary>A command could not do what it was asked for; the message is for its user.</summary>
internal sealed class LabException(string message) : Exception(message);

/// <summary>The control endpoint of a running lab.</summary>
internal sealed class LabClient(Uri control) : IDisposable
{
    public const string EnvironmentVariable = "OMNISCALE_LAB";

    public static readonly Option<string?> ControlOption = new("--control")
    {
        Description = "Address of the lab's control endpoint",
        Recursive = true,
    };

    public static readonly Option<string?> StateDirOption = new("--state-dir")
    {
        Description = $"Folder with the lab's {LabDescription.FileName} (default: {EnvironmentVariable}, an address or a folder)",
        Recursive = true,
    };

    private readonly HttpClient http = new() { BaseAddress = control };

    /// <exception cref="LabException">No lab is named, or the folder has none.</exception>
    public static LabClient Find(ParseResult arguments)
    {
        var place = arguments.GetValue(ControlOption) ?? arguments.GetValue(StateDirOption) ?? Environment.GetEnvironmentVariable(EnvironmentVariable);
        if (string.IsNullOrEmpty(place))
            throw new LabException($"Which lab? Give --control or --state-dir, or set {EnvironmentVariable}.");
        if (Uri.TryCreate(place, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttp)
            return new LabClient(address);

        var file = Path.Combine(place, LabDescription.FileName);
        if (!File.Exists(file))
            throw new LabException($"There is no {file}: is the lab running?");
        return new LabClient(JsonSerializer.Deserialize<LabDescription>(File.ReadAllText(file), LabJson.Options)!.Control);
    }

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<T>(LabJson.Options, cancellationToken))!;
    }

    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async Task DoAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, null, cancellationToken);
    }

    public async Task DoAsync<T>(HttpMethod method, string path, T body, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(body, options: LabJson.Options);
        using var response = await SendAsync(method, path, content, cancellationToken);
    }

    public async Task PutTextAsync(string path, string text, CancellationToken cancellationToken)
    {
        using var content = new StringContent(text);
        using var response = await SendAsync(HttpMethod.Put, path, content, cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new LabException($"The lab at {http.BaseAddress} does not answer: {exception.Message}");
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            var reason = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new LabException(reason.Length > 0 ? reason : $"The lab refuses: {(int)response.StatusCode} {response.ReasonPhrase}");
        }
    }
}

using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>What kubelet asks.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        var controllers = app.Services.GetServices<IControllerHealth>().ToList();
        var apiServer = app.Services.GetRequiredService<ApiServerProbe>();
        var secrets = app.Services.GetRequiredService<SecretCache>();
        app.MapGet("/livez", () =>
        {
            var problems = controllers.Select(c => (c.Kind, c.Hang)).Where(c => c.Hang is not null).Select(c => $"{c.Kind}: {c.Hang}");
            return Answer(secrets.IsStuck ? problems.Append("Secret: the objects are not followed") : problems);
        });
        app.MapGet("/readyz", async (CancellationToken ct) =>
        {
            var problems = controllers.Where(c => c.Unreadiness is not null).Select(c => $"{c.Kind}: {c.Unreadiness}");
            return Answer(await apiServer.AskAsync(ct) is { } away ? problems.Prepend($"API server: {away}") : problems);
        });
    }

    private static IResult Answer(IEnumerable<string> problems)
    {
        var text = string.Join("\n", problems);
        return text.Length == 0 ? Results.Text("ok\n") : Results.Text(text + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

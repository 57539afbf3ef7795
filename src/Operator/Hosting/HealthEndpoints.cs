namespace OmniScale.Operator.Hosting;

/// <summary>What kubelet asks.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        var controllers = app.Services.GetServices<IControllerHealth>().ToList();
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.MapGet("/livez", () => Answer("stuck", controllers.Where(c => c.IsStuck(time.GetUtcNow()))));
        app.MapGet("/readyz", () => Answer("not synced", controllers.Where(c => !c.Ready)));
    }

    private static IResult Answer(string problem, IEnumerable<IControllerHealth> bad)
    {
        var text = string.Join("\n", bad.Select(c => $"{c.Kind}: {problem}"));
        return text.Length == 0 ? Results.Text("ok\n") : Results.Text(text + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

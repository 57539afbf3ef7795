using OmniScale.TestKit;

namespace OmniScale.Crds.Tests;

/// <summary>What the API server says to `kubectl apply`, word for word.</summary>
public sealed class ValidationTests(ApiServer server)
{
    private const string NotChecked = "* <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

    [Theory, MemberData(nameof(Accepted))]
    public async Task Apply_accepts(string what) => await AssertAsync(ValidationCases.Accepted.Single(entry => entry.What == what));

    [Theory, MemberData(nameof(Rejected))]
    public async Task Apply_rejects(string what) => await AssertAsync(ValidationCases.Rejected.Single(entry => entry.What == what));

    public static TheoryData<string> Accepted => [.. ValidationCases.Accepted.Select(entry => entry.What)];

    public static TheoryData<string> Rejected => [.. ValidationCases.Rejected.Select(entry => entry.What)];

    private async Task AssertAsync(ValidationCase entry)
    {
        var space = await server.ControlPlane.CreateNamespaceAsync();
        if (entry.Before is not null)
        {
            (await server.ApplyAsync(space, entry.Before)).EnsureSuccess();
        }

        Assert.Equal(entry.Message, Message(await server.ApplyAsync(space, entry.Yaml)));
    }

    /// <summary>The reasons alone: without the object's name, and without the remark that not all was checked.</summary>
    private static string? Message(CommandResult result)
    {
        if (result.ExitCode == 0)
        {
            return null;
        }

        var text = result.Error.Trim();
        var start = text.IndexOf("is invalid: ", StringComparison.Ordinal);
        var lines = (start < 0 ? text : text[(start + "is invalid: ".Length)..]).Split('\n').Where(line => line != NotChecked && line.Length > 0);
        return string.Join('\n', lines.Select(line => line.StartsWith("* ", StringComparison.Ordinal) ? line[2..] : line).Order(StringComparer.Ordinal));
    }
}

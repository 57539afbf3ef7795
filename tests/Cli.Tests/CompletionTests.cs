using System.Diagnostics;

namespace OmniScale.Cli.Tests;

public sealed class CompletionTests : IDisposable
{
    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData("bash", "complete -o default -F _omniscale omniscale")]
    [InlineData("zsh", "compdef _omniscale omniscale")]
    [InlineData("fish", "complete -c omniscale")]
    public async Task Each_shell_has_a_script(string shell, string line) => Assert.Contains(line, (await cli.RunAsync(["completion", shell])).Out, StringComparison.Ordinal);

    [Theory]
    [InlineData("omniscale sel", "selector")]
    [InlineData("omniscale selector --st", "--storages")]
    [InlineData("omniscale selector --output ", "json table yaml")]
    public async Task Bash_completes_what_is_typed(string line, string completed)
    {
        const string Script = """
            PATH="$1:$PATH"; source <(omniscale completion bash)
            COMP_LINE="$2"; COMP_POINT=${#2}; read -ra COMP_WORDS <<< "$2"
            if [[ "$2" == *" " ]]; then COMP_WORDS+=(""); fi
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _omniscale; echo "${COMPREPLY[*]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", Script, "bash", AppContext.BaseDirectory, line]) { RedirectStandardOutput = true })!;

        Assert.Equal(completed, (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
    }
}

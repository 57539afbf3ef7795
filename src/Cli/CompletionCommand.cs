using System.CommandLine;

namespace OmniScale.Cli;

/// <summary>
/// <c>omniscale completion bash|zsh|fish</c>: a script for the shell, which asks the program itself what may follow, by the directive
/// <c>[suggest:POSITION]</c>. Where it has no answer, files are offered.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # bash completion for omniscale: source <(omniscale completion bash)
        _omniscale() {
          local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
          line="${line#* }"
          COMPREPLY=($(compgen -W "$(omniscale "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _omniscale omniscale
        """;

    private const string Zsh = """
        #compdef omniscale
        # zsh completion for omniscale: source <(omniscale completion zsh)
        _omniscale() {
          local line="${BUFFER[1,CURSOR]#* }"
          local -a found=("${(@f)$(omniscale "[suggest:${#line}]" "$line" 2>/dev/null)}")
          found=(${found:#})
          if (( ${#found} )); then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _omniscale omniscale
        """;

    private const string Fish = """
        # fish completion for omniscale: omniscale completion fish | source
        function __omniscale
          set -l line (string replace -r '^\S+\s' '' -- (commandline -cp | string collect))
          omniscale "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c omniscale -a '(__omniscale)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a completion script, for example: source <(omniscale completion bash)") { shell };
        command.SetAction(async (result, ct) =>
        {
            var script = result.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            };
            await terminal.Out.WriteLineAsync(script.AsMemory(), ct);
            return ExitCode.Valid;
        });
        return command;
    }
}

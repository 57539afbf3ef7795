using System.CommandLine;
using OmniScale.Core;
using OmniScale.Core.Selectors;

namespace OmniScale.Cli.Selectors;

/// <summary><c>omniscale selector</c>: says what a storage selector picks, or why it cannot.</summary>
internal static class SelectorCommand
{
    /// <summary>What the help says after the options.</summary>
    public const string Notes = """
        A selector is a CEL expression over name, node, storageType (strings) and availableSpace (bytes, a uint such as 107374182400u). Put it in single quotes.

        --storages takes a JSON array of {"name", "node", "storageType", "availableSpace"}, optionally with "content" (["images"]), "active", "enabled" and "shared".
        --provider takes credentials from PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET, or from PROXMOX_USERNAME, PROXMOX_PASSWORD and PROXMOX_REALM.

        Exit codes: 0 valid, 1 not valid, 2 not checked (usage, file or network).

        Examples:
          omniscale selector 'storageType == "rbd"' --provider https://pve.example:8006 --ca-file pve-root-ca.pem
          omniscale selector 'name == "local-lvm"' --storages storages.json --node golf
          omniscale selector --batch selectors.json --storages storages.json
        """;

    public static Command Create(Terminal terminal)
    {
        var expression = new Argument<string?>("expression") { Description = "The selector, such as 'name == \"local-lvm\"'.", Arity = ArgumentArity.ZeroOrOne };
        var storages = new Option<string?>("--storages") { Description = "File with the storages, as JSON; - is standard input.", HelpName = "file" };
        var provider = new Option<string?>("--provider") { Description = "Address of Proxmox VE, such as https://pve.example:8006, to take the storages from.", HelpName = "url" };
        var ca = new Option<string?>("--ca-file") { Description = "Certificates to trust for --provider, as PEM; /etc/pve/pve-root-ca.pem on a node.", HelpName = "file" };
        var fingerprints = new Option<string[]>("--fingerprint")
        {
            Description = "SHA-256 fingerprint of the server's certificate, for --provider; may be repeated.",
            HelpName = "sha256",
            DefaultValueFactory = _ => [],
        };
        var insecure = new Option<bool>("--insecure-skip-tls-verify") { Description = "Trust any certificate of --provider. Whoever is on the way can read the credentials." };
        var node = new Option<string?>("--node") { Description = "The node that the class is pinned to (default: every node that is online).", HelpName = "name" };
        var output = new Option<string>("--output", "-o") { Description = "table, json or yaml.", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json", "yaml");
        var batch = new Option<string?>("--batch")
        {
            Description = "File with a JSON array of selectors; - is standard input. Prints a JSON array of verdicts, and exits with 0.",
            HelpName = "file",
        };

        var command = new Command("selector", "Check a storage selector: what it picks on each Proxmox node, or why it cannot and what was probably meant.") { expression, storages, provider, node, ca, fingerprints, insecure, batch, output };
        command.Validators.Add(result =>
        {
            Require((result.GetValue(expression) is null) != (result.GetValue(batch) is null), "Give one selector, or --batch with a file of them.");
            Require((result.GetValue(storages) is null) != (result.GetValue(provider) is null), "Say where the storages are: --storages with a file, or --provider with an address.");
            Require(result.GetValue(storages) != "-" || result.GetValue(batch) != "-", "Only one of --storages and --batch can be standard input.");
            var trust = (result.GetValue(ca) is null ? 0 : 1) + (result.GetValue(fingerprints) is { Length: > 0 } ? 1 : 0) + (result.GetValue(insecure) ? 1 : 0);
            Require(trust <= 1, "Give only one of --ca-file, --fingerprint and --insecure-skip-tls-verify.");
            Require(trust == 0 || result.GetValue(storages) is null, "--ca-file, --fingerprint and --insecure-skip-tls-verify belong to --provider.");

            void Require(bool condition, string message)
            {
                if (!condition)
                {
                    result.AddError(message);
                }
            }
        });
        command.SetAction(async (result, ct) =>
        {
            var source = result.GetValue(provider) is { } url
                ? await ProxmoxSource.ReadAsync(url, result.GetValue(ca), result.GetValue(fingerprints)!, result.GetValue(insecure), result.GetValue(node), terminal, ct)
                : StorageFile.Parse(await Files.ReadAsync(result.GetValue(storages)!, terminal, ct), result.GetValue(node));
            if (result.GetValue(batch) is { } file)
            {
                await terminal.Out.WriteLineAsync(SelectorBatch.Run(await Files.ReadAsync(file, terminal, ct), source.Storages).AsMemory(), ct);
                return ExitCode.Valid;
            }

            var report = SelectorReport.Of(result.GetValue(expression)!, source.Scope);
            SelectorView.Write(report, source.Scope, result.GetValue(output)!, terminal);
            return report.Finding.Verdict switch
            {
                Verdict.True => ExitCode.Valid,
                Verdict.False => ExitCode.Invalid,
                _ => ExitCode.Failure,
            };
        });
        return command;
    }
}

/// <param name="Storages">In the order of the file or of Proxmox's answers, which is the order in which the provider would ask.</param>
internal sealed record StorageSource(SelectorScope Scope, IReadOnlyList<SelectorStorage> Storages);

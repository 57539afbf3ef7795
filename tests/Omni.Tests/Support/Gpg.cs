using System.ComponentModel;
using System.Diagnostics;

namespace OmniScale.Omni.Tests;

/// <summary>GnuPG with a key ring of its own: an OpenPGP implementation that shares nothing with ours.</summary>
internal sealed class Gpg : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("gpg-");

    public string Run(string input, params string[] arguments)
    {
        var (exitCode, output, error) = TryRun(input, arguments);
        Assert.True(exitCode == 0, $"gpg {string.Join(' ', arguments)} failed: {error}");
        return output;
    }

    public (int ExitCode, string Output, string Error) TryRun(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("gpg", ["--homedir", home.FullName, "--batch", "--no-tty", "--pinentry-mode", "loopback", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception)
        {
            Assert.Fail("This test needs the program gpg: install the package gnupg");
            throw;
        }
    }

    /// <summary>Verifies a detached signature; the output holds gpg's machine-readable status lines.</summary>
    public (int ExitCode, string Status) Verify(byte[] data, byte[] signature)
    {
        File.WriteAllBytes(PathOf("data"), data);
        File.WriteAllBytes(PathOf("signature"), signature);
        var (exitCode, output, _) = TryRun("", "--status-fd", "1", "--verify", PathOf("signature"), PathOf("data"));
        return (exitCode, output);
    }

    public void Dispose()
    {
        // The agent that gpg starts for private keys holds files in the directory.
        try
        {
            using var kill = Process.Start(new ProcessStartInfo("gpgconf", ["--homedir", home.FullName, "--kill", "gpg-agent"]));
            kill?.WaitForExit();
        }
        catch (Win32Exception)
        {
            // Without gpg-agent there is nothing to end.
        }

        home.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(home.FullName, name);
}

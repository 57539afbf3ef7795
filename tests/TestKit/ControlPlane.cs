using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using k8s;
using k8s.Models;

namespace OmniScale.TestKit;

/// <summary>
/// A Kubernetes API server and its etcd, from <c>KUBEBUILDER_ASSETS</c> or built into the user's cache by hack/controlplane.
/// The end of the current test ends what its methods do.
/// As a fixture of a test assembly: <c>[assembly: AssemblyFixture(typeof(ControlPlane))]</c>, then a constructor parameter.
/// A test that stops a server starts one of its own with <see cref="StartAsync"/>.
/// </summary>
public sealed class ControlPlane : IAsyncLifetime
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly string s_scripts = Path.Combine(Repository.Root, "hack", "controlplane");
    private readonly string _folder = ControlPlaneFolder.Create();
    private readonly ClientAuthority _authority = new();
    private ServerProcess? _etcd;
    private ServerProcess? _apiServer;
    private IKubernetes? _client;
    private int _port;
    private int _users;

    /// <summary>The path of the administrator's kubeconfig.</summary>
    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>The address of the API server; it stays the same over restarts.</summary>
    public Uri Server => new($"https://127.0.0.1:{_port}");

    /// <summary>A client with the administrator's rights.</summary>
    public IKubernetes Client => _client ?? throw new InvalidOperationException("The control plane was not started.");

    /// <summary>Starts one more control plane, for a test that stops it or needs it for itself.</summary>
    public static async Task<ControlPlane> StartAsync()
    {
        var controlPlane = new ControlPlane();
        try
        {
            await controlPlane.InitializeAsync();
            return controlPlane;
        }
        catch
        {
            await controlPlane.DisposeAsync();
            throw;
        }
    }

    public async ValueTask InitializeAsync()
    {
        await ControlPlanePrograms.EnsureAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "client-ca.crt"), _authority.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokens.csv"), $"{RandomNumberGenerator.GetHexString(32)},nobody,nobody\n");
        await StartEtcdAsync();
        // Another process may take the port between the choice and the start.
        for (var attempt = 1; _client is null; attempt++)
        {
            _port = Ports.Free();
            try
            {
                await StartApiServerAsync();
                _client = new Kubernetes(CreateConfiguration());
            }
            catch (InvalidOperationException) when (attempt < 5 && Log("apiserver").Contains("address already in use", StringComparison.Ordinal))
            {
                File.Delete(Path.Combine(_folder, "apiserver.log"));
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _apiServer?.Dispose();
        _etcd?.Dispose();
        _authority.Dispose();
        ControlPlaneFolder.Delete(_folder);
        return ValueTask.CompletedTask;
    }

    /// <summary>A configuration for clients with the administrator's rights, or with those of another kubeconfig.</summary>
    public KubernetesClientConfiguration CreateConfiguration(string? kubeconfig = null) =>
        KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig ?? Kubeconfig);

    /// <summary>Writes a kubeconfig for a user who may do what RBAC grants to the name or the groups, and returns its path.</summary>
    public string CreateUserKubeconfig(string user, params string[] groups)
    {
        var path = Path.Combine(_folder, $"user-{Interlocked.Increment(ref _users)}.kubeconfig");
        WriteKubeconfig(path, user, groups);
        return path;
    }

    /// <summary>As <see cref="CreateUserKubeconfig"/>, with the user name and groups that the tokens of a service account have.</summary>
    public string CreateServiceAccountKubeconfig(string @namespace, string name) => CreateUserKubeconfig(
        $"system:serviceaccount:{@namespace}:{name}", "system:serviceaccounts", $"system:serviceaccounts:{@namespace}");

    /// <summary>Creates a namespace that no other test has, and returns its name.</summary>
    public async Task<string> CreateNamespaceAsync(string prefix = "test")
    {
        var name = $"{prefix}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var body = new V1Namespace { Metadata = new V1ObjectMeta { Name = name } };
        await Client.CoreV1.CreateNamespaceAsync(body, cancellationToken: TestContext.Current.CancellationToken);
        return name;
    }

    /// <summary>Runs kubectl as the administrator and returns what it printed, whether it failed or not.</summary>
    public Task<CommandResult> KubectlAsync(params string[] arguments) => KubectlAsync(arguments, input: null);

    /// <summary>Runs kubectl with an input and, if given, another user's kubeconfig.</summary>
    public Task<CommandResult> KubectlAsync(IReadOnlyCollection<string> arguments, string? input, string? kubeconfig = null) =>
        Command.RunAsync(ControlPlanePrograms.Kubectl, ["--kubeconfig", kubeconfig ?? Kubeconfig, .. arguments], input);

    /// <summary>Runs `kubectl apply` on the YAML, in the namespace if one is given, and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">kubectl failed; the message has what it printed.</exception>
    public async Task<string> ApplyAsync(string yaml, string? @namespace = null)
    {
        string[] scope = @namespace is null ? [] : ["--namespace", @namespace];
        var result = await KubectlAsync(["apply", .. scope, "-f", "-"], yaml);
        return result.EnsureSuccess().Output;
    }

    /// <summary>Kills the API server, as a crash would.</summary>
    public Task StopApiServerAsync() => _apiServer!.KillAsync();

    /// <summary>Starts the API server again, on the same port, and waits until it is ready.</summary>
    public async Task StartApiServerAsync()
    {
        _apiServer?.Dispose();
        _apiServer = await ServerProcess.StartAsync(
            Path.Combine(s_scripts, "run.sh"), "apiserver", _folder, _port.ToString(CultureInfo.InvariantCulture));
        await WaitAsync(_apiServer, "apiserver", IsReadyAsync);
    }

    /// <summary>Kills etcd, as a crash would; the API server stays.</summary>
    public Task StopEtcdAsync() => _etcd!.KillAsync();

    /// <summary>Starts etcd again with its data. The API server connects to it by itself, within a few seconds.</summary>
    public async Task StartEtcdAsync()
    {
        _etcd?.Dispose();
        _etcd = await ServerProcess.StartAsync(Path.Combine(s_scripts, "run.sh"), "etcd", _folder);
        var socket = new UnixDomainSocketEndPoint(Path.Combine(_folder, "etcd.sock"));
        await WaitAsync(_etcd, "etcd", async () =>
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(socket);
            return true;
        });
    }

    /// <summary>Waits until the server answers; a failure shows the end of its log.</summary>
    private async Task WaitAsync(ServerProcess server, string name, Func<Task<bool>> answers)
    {
        try
        {
            await Eventually.TrueAsync(async () => server.HasExited || await answers(), $"{name} is ready", s_startLimit);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{e.Message}; its log ends with:\n{Log(name)}", e);
        }
        if (server.HasExited)
        {
            throw new InvalidOperationException($"{name} ended when it was started; its log ends with:\n{Log(name)}");
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        WriteKubeconfig(Kubeconfig, "admin", ["system:masters"]);
        using var client = new Kubernetes(CreateConfiguration());
        using var response = await client.HttpClient.GetAsync(new Uri(Server, "/readyz"));
        return response.StatusCode == HttpStatusCode.OK;
    }

    private void WriteKubeconfig(string path, string user, string[] groups)
    {
        var (certificate, key) = _authority.Issue(user, groups);
        // The API server's own authority is the second certificate of this file, the first is its own.
        var authority = File.ReadAllBytes(Path.Combine(_folder, "certs", "apiserver.crt"));
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: omniscale
              cluster:
                server: {Server.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Convert.ToBase64String(authority)}
            users:
            - name: user
              user:
                client-certificate-data: {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(certificate))}
                client-key-data: {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(key))}
            contexts:
            - name: omniscale
              context: {"{"} cluster: omniscale, user: user, namespace: default {"}"}
            current-context: omniscale

            """);
    }

    private string Log(string name)
    {
        var path = Path.Combine(_folder, $"{name}.log");
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).TakeLast(20)) : "";
    }
}

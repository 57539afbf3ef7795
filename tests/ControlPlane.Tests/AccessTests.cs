using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

public class AccessTests(ControlPlane controlPlane)
{
    [Fact]
    public async Task ServiceAccount_MayDoWhatItsRoleGrantsInTheNamespaceAndNothingElse()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        var other = await controlPlane.CreateNamespaceAsync();
        var kubeconfig = controlPlane.CreateServiceAccountKubeconfig(name, "reader");
        Assert.Contains("configmaps is forbidden", (await RunAsync("get", "configmaps", "-n", name)).Error, StringComparison.Ordinal);

        await controlPlane.ApplyAsync($$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: { name: reader }
            rules:
            - { apiGroups: [""], resources: [configmaps], verbs: [get, list] }
            - { apiGroups: [""], resources: [secrets], resourceNames: [mine], verbs: [get] }
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: { name: reader }
            roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
            subjects:
            - { kind: ServiceAccount, name: reader, namespace: {{name}} }
            """, name);

        await Eventually.ValueAsync(
            () => RunAsync("get", "configmaps", "-n", name), result => result.ExitCode == 0, "the API server knows the binding");
        Assert.Equal("yes", await MayAsync("get", "secrets/mine", "-n", name));
        Assert.Equal("no", await MayAsync("get", "secrets/yours", "-n", name));
        Assert.Equal("no", await MayAsync("create", "configmaps", "-n", name));
        Assert.Equal("no", await MayAsync("list", "configmaps", "-n", other));
        Assert.Equal("no", await MayAsync("list", "configmaps", "--all-namespaces"));

        Task<CommandResult> RunAsync(params string[] arguments) => controlPlane.KubectlAsync(arguments, input: null, kubeconfig);

        async Task<string> MayAsync(params string[] question) => (await RunAsync(["auth", "can-i", .. question])).Output.Split(' ', '\n')[0];
    }

    [Fact]
    public async Task ServiceAccountKubeconfig_HasTheNameAndGroupsOfAServiceAccount()
    {
        var kubeconfig = controlPlane.CreateServiceAccountKubeconfig("omniscale-system", "omniscale-operator");

        var identity = await controlPlane.KubectlAsync(["auth", "whoami", "-o", "jsonpath={.status.userInfo}"], input: null, kubeconfig);

        Assert.Equal(
            """{"groups":["system:serviceaccounts","system:serviceaccounts:omniscale-system","system:authenticated"],"""
            + "\"username\":\"system:serviceaccount:omniscale-system:omniscale-operator\"}",
            identity.EnsureSuccess().Output);
    }
}

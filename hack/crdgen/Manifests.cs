using System.Text.RegularExpressions;
using k8s;

namespace OmniScale.CrdGen;

/// <summary>The generated files of config/crd.</summary>
internal static partial class Manifests
{
    private const string Header = "# Generated from src/Crds by hack/crdgen; do not edit.\n";

    /// <summary>One file for each kind, and the kustomization that lists them.</summary>
    public static IEnumerable<(string Name, string Text)> All(SchemaBuilder schemas)
    {
        var names = new List<string>();
        foreach (var kind in CrdBuilder.Kinds)
        {
            var crd = CrdBuilder.Build(kind, schemas);
            var name = $"{crd.Spec.Group}_{crd.Spec.Names.Plural}.yaml";
            names.Add(name);
            yield return (name, Header + WholeNumber().Replace(KubernetesYaml.Serialize(crd), "$1") + "\n");
        }

        yield return ("kustomization.yaml",
            $"{Header}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{string.Concat(names.Select(name => $"  - {name}\n"))}");
    }

    /// <summary>Bounds are doubles in the client's model and would be written as 10.0.</summary>
    [GeneratedRegex(@"(?<=^ +(?:minimum|maximum): )(\d+)\.0$", RegexOptions.Multiline)]
    private static partial Regex WholeNumber();
}

using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>The identity of an object within its kind. <see cref="Namespace"/> is empty for cluster-scoped kinds.</summary>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>From objects to their identities.</summary>
public static class NamespacedNames
{
    public static NamespacedName Key(this IMetadata<V1ObjectMeta> value) =>
        new(value.Metadata.NamespaceProperty ?? "", value.Metadata.Name);
}

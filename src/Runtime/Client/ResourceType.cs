using System.Reflection;
using System.Text;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>Where the objects of a kind are found, from the kind's <see cref="KubernetesEntityAttribute"/>.</summary>
public sealed record ResourceType(string Group, string Version, string Kind, string Plural)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <exception cref="InvalidOperationException">The type has no <see cref="KubernetesEntityAttribute"/>.</exception>
    public static ResourceType Of<T>()
        where T : IKubernetesObject => Cache<T>.Value;

    /// <summary>The request path of a collection, or with <paramref name="name"/> of an object. An empty namespace spans all.</summary>
    internal string Path(string? @namespace = null, string? name = null, string? subresource = null)
    {
        StringBuilder path = new StringBuilder(Group.Length == 0 ? "api/" : "apis/").Append(ApiVersion);
        if (!string.IsNullOrEmpty(@namespace))
        {
            path.Append("/namespaces/").Append(Uri.EscapeDataString(@namespace));
        }

        path.Append('/').Append(Plural);
        if (name is not null)
        {
            path.Append('/').Append(Uri.EscapeDataString(name));
        }

        return (subresource is null ? path : path.Append('/').Append(subresource)).ToString();
    }

    private static class Cache<T>
    {
        public static readonly ResourceType Value = Read();

        private static ResourceType Read()
        {
            KubernetesEntityAttribute entity = typeof(T).GetCustomAttribute<KubernetesEntityAttribute>()
                ?? throw new InvalidOperationException($"{typeof(T)} has no {nameof(KubernetesEntityAttribute)}");
            return new ResourceType(entity.Group ?? "", entity.ApiVersion, entity.Kind, entity.PluralName);
        }
    }
}

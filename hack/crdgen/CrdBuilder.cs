using System.Reflection;
using k8s.Models;
using OmniScale.Crds;
using OmniScale.Crds.Schema;

namespace OmniScale.CrdGen;

/// <summary>Makes the CustomResourceDefinition of a kind.</summary>
internal static class CrdBuilder
{
    /// <summary>Every kind of the API, by name.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
    [
        .. typeof(ApiGroup).Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(KubernetesEntityAttribute)))
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    public static V1CustomResourceDefinition Build(Type kind, SchemaBuilder schemas)
    {
        var entity = kind.GetCustomAttribute<KubernetesEntityAttribute>()!;
        return new()
        {
            ApiVersion = "apiextensions.k8s.io/v1",
            Kind = "CustomResourceDefinition",
            Metadata = new()
            {
                Name = $"{entity.PluralName}.{entity.Group}",
                Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "omniscale" },
            },
            Spec = new()
            {
                Group = entity.Group,
                Names = new()
                {
                    Kind = entity.Kind,
                    ListKind = entity.Kind + "List",
                    Plural = entity.PluralName,
                    Singular = entity.Kind.ToLowerInvariant(),
                    ShortNames = [.. kind.GetCustomAttributes<ShortNameAttribute>().Select(shortName => shortName.Name)],
                    Categories = [ApiGroup.Category],
                },
                Scope = "Namespaced",
                Versions =
                [
                    new()
                    {
                        Name = entity.ApiVersion,
                        Served = true,
                        Storage = true,
                        AdditionalPrinterColumns = Columns(kind),
                        Schema = new() { OpenAPIV3Schema = schemas.ForObject(kind) },
                        Subresources = new() { Status = new Dictionary<string, object>() },
                    },
                ],
            },
        };
    }

    private static List<V1CustomResourceColumnDefinition> Columns(Type kind) =>
    [
        .. kind.GetCustomAttributes<PrinterColumnAttribute>().Select(column => new V1CustomResourceColumnDefinition
        {
            Name = column.Name,
            JsonPath = column.JsonPath,
            Type = column.Type,
            Priority = column.Wide ? 1 : null,
        }),
        new() { Name = "Age", JsonPath = ".metadata.creationTimestamp", Type = "date" },
    ];
}

using System.Text.Json;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime.Tests;

/// <summary>A kind of the tests' own.</summary>
[KubernetesEntity(Group = "test.example.com", ApiVersion = "v1", Kind = "Widget", PluralName = "widgets")]
public sealed class Widget : IKubernetesObject<V1ObjectMeta>
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetSpec? Spec { get; set; }

    public WidgetStatus? Status { get; set; }

    public static Widget Named(string name, string version = "1", string ns = "a", int size = 0) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns, ResourceVersion = version, Uid = $"uid-{name}", Generation = 1 },
        Spec = new WidgetSpec { Size = size },
    };

    /// <summary>A copy to change: readers of a store share its objects.</summary>
    internal Widget DeepClone() => KubeJson.Read<Widget>(JsonSerializer.SerializeToElement(KubeJson.Write(this)));
}

public sealed class WidgetSpec
{
    public int Size { get; set; }

    public WidgetColor? Color { get; set; }
}

[JsonConverter(typeof(JsonStringEnumConverter<WidgetColor>))]
public enum WidgetColor
{
    Red,
    Green,
}

public sealed class WidgetStatus
{
    public string? Phase { get; set; }

    public int? Count { get; set; }

    public IList<V1Condition>? Conditions { get; set; }

    public long? ObservedGeneration { get; set; }
}

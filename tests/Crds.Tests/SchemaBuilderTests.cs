using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using OmniScale.CrdGen;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds.Tests;

public class SchemaBuilderTests
{
    private static readonly V1JSONSchemaProps s_schema = new SchemaBuilder(XmlDocs.Of(typeof(Sample).Assembly)).ForObject(typeof(Sample));

    [Fact]
    public void Object_lists_its_own_properties_before_those_of_its_base_and_leaves_out_what_JSON_leaves_out() => Assert.Equal(
        ["text", "renamed", "count", "big", "flag", "time", "choice", "machines", "atoms", "set", "map", "table", "object", "anything", "inherited"],
        s_schema.Properties.Keys);

    [Fact]
    public void Object_requires_what_is_marked_and_carries_the_rules_of_its_type()
    {
        Assert.Equal(["text"], s_schema.Required);
        var rule = Assert.Single(s_schema.XKubernetesValidations);
        Assert.Equal(("self.count < 5", "too many", ".count"), (rule.Rule, rule.Message, rule.FieldPath));
    }

    [Fact]
    public void Description_is_one_paragraph_with_the_names_that_it_refers_to() =>
        Assert.Equal("Text, see Choice and code, on two lines.", s_schema.Properties["text"].Description);

    [Fact]
    public void String_has_its_bounds_default_and_rules()
    {
        var text = s_schema.Properties["text"];
        Assert.Equal(("string", 10, 1, "abc"), (text.Type, text.MaxLength, text.MinLength, text.DefaultProperty));
        Assert.Equal(["self != 'a'", "self != 'b'"], text.XKubernetesValidations.Select(rule => rule.Rule));
        Assert.Null(s_schema.Properties["renamed"].MinLength);
    }

    [Theory]
    [InlineData("count", "integer", "int32")]
    [InlineData("big", "integer", "int64")]
    [InlineData("flag", "boolean", null)]
    [InlineData("time", "string", "date-time")]
    public void Value_has_the_type_of_its_JSON(string name, string type, string? format) =>
        Assert.Equal((type, format), (s_schema.Properties[name].Type, s_schema.Properties[name].Format));

    [Fact]
    public void Number_has_its_range() => Assert.Equal((1, 9), (s_schema.Properties["count"].Minimum, s_schema.Properties["count"].Maximum));

    [Fact]
    public void Enum_is_a_string_of_its_names()
    {
        var choice = s_schema.Properties["choice"];
        Assert.Equal(("string", "Second"), (choice.Type, choice.DefaultProperty));
        Assert.Equal(["First", "Second"], choice.EnumProperty);
    }

    [Fact]
    public void List_is_atomic_unless_it_is_a_set_or_a_map()
    {
        Assert.Equal(["atomic", "set", "map"], new[] { "atoms", "set", "map" }.Select(name => s_schema.Properties[name].XKubernetesListType));
        Assert.Equal(["name"], s_schema.Properties["map"].XKubernetesListMapKeys);
        var atoms = s_schema.Properties["atoms"];
        var item = Assert.IsType<V1JSONSchemaProps>(atoms.Items);
        Assert.Equal((1, 3, 7, 2), (atoms.MinItems, atoms.MaxItems, item.MaxLength, item.MinLength));
    }

    [Fact]
    public void Map_bounds_its_size_and_its_values()
    {
        var table = s_schema.Properties["table"];
        Assert.Equal(("object", 4, 8), (table.Type, table.MaxProperties, Assert.IsType<V1JSONSchemaProps>(table.AdditionalProperties).MaxLength));
    }

    [Fact]
    public void Free_form_keeps_unknown_fields_and_has_a_type_unless_it_may_be_anything()
    {
        Assert.Equal(("object", true), (s_schema.Properties["object"].Type, s_schema.Properties["object"].XKubernetesPreserveUnknownFields));
        Assert.Equal((null, true), (s_schema.Properties["anything"].Type, s_schema.Properties["anything"].XKubernetesPreserveUnknownFields));
    }

    [Fact]
    public void Machine_count_is_an_integer_or_a_bounded_string()
    {
        var machines = s_schema.Properties["machines"];
        Assert.Equal((null, true, 64), (machines.Type, machines.XKubernetesIntOrString, machines.MaxLength));
        Assert.Single(machines.XKubernetesValidations);
    }

    [Fact]
    public void Type_without_a_schema_is_refused() => Assert.Equal("Odd.Value: no schema for System.Guid",
        Assert.Throws<NotSupportedException>(() => new SchemaBuilder(XmlDocs.Of(typeof(Odd).Assembly)).ForObject(typeof(Odd))).Message);

    public enum Choice
    {
        First,
        Second,
    }

    [Rule("self.count < 5", "too many", FieldPath = ".count")]
    public record Sample : SampleBase
    {
        /// <summary>
        /// Text, see <see cref="SchemaBuilderTests.Choice"/> and <c>code</c>,
        /// on two lines.
        /// </summary>
        [Required, StringLength(10, MinimumLength = 1), DefaultValue("abc"), Rule("self != 'a'", "no a"), Rule("self != 'b'", "no b")]
        public string Text { get; init; } = "";

        [JsonPropertyName("renamed"), StringLength(5)]
        public string? Other { get; init; }

        [Range(1, 9)]
        public int? Count { get; init; }

        public long Big { get; init; }

        public bool? Flag { get; init; }

        public DateTime? Time { get; init; }

        [DefaultValue(SchemaBuilderTests.Choice.Second)]
        public Choice Choice { get; init; }

        public MachineCount? Machines { get; init; }

        [MinLength(1), MaxLength(3), ItemLength(7, Min = 2)]
        public IReadOnlyList<string>? Atoms { get; init; }

        [MaxLength(3), ItemLength(7), ListSet]
        public IReadOnlyList<string>? Set { get; init; }

        [MaxLength(3), ListMap("name")]
        public IReadOnlyList<LocalReference>? Map { get; init; }

        [MaxLength(4), ItemLength(8)]
        public IReadOnlyDictionary<string, string>? Table { get; init; }

        [FreeForm]
        public JsonObject? Object { get; init; }

        [FreeForm(AnyType = true)]
        public JsonElement Anything { get; init; }

        [JsonIgnore]
        public string Ignored { get; init; } = "";
    }

    public record SampleBase
    {
        public bool Inherited { get; init; }
    }

    public record Odd
    {
        public Guid Value { get; init; }
    }
}

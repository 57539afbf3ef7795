using System.Text;
using OmniScale.CrdGen;
using OmniScale.TestKit;

namespace OmniScale.Crds.Tests;

public class GeneratedFilesTests
{
    [Fact]
    public void Config_crd_holds_what_the_generator_writes()
    {
        var folder = Path.Combine(Repository.Root, "config", "crd");
        var expected = Manifests.All(Generated.Schemas).ToDictionary(file => file.Name, file => file.Text);
        Assert.Equal(expected.Keys.Order(), Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order());
        Assert.All(expected, file => Assert.Equal(file.Value, File.ReadAllText(Path.Combine(folder, file.Key))));
    }

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Docs_spec_holds_the_fields_of_the_types(Type kind)
    {
        var document = File.ReadAllText(Spec(kind));
        Assert.Equal(new FieldTables(Generated.Schemas).Replace(document, kind), document);
    }

    [Fact]
    public void FieldTables_WhenAMarkerIsMissing_SaysSo()
    {
        var exception = Assert.Throws<FormatException>(() => new FieldTables(Generated.Schemas).Replace("# TalosCluster\n", typeof(TalosCluster)));
        Assert.StartsWith("the document of TalosCluster lacks the markers", exception.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Docs_spec_explains_every_condition_and_reason(Type kind)
    {
        var document = File.ReadAllText(Spec(kind));
        var common = new[] { typeof(CommonConditions), typeof(CommonReasons), typeof(OmniReasons) };
        Type[] own = kind.Name switch
        {
            nameof(ProxmoxProvider) => [typeof(ProxmoxProviderConditions), typeof(ProxmoxReasons)],
            nameof(MachineClass) => [typeof(MachineClassConditions), typeof(MachineClassReasons), typeof(SelectorReasons)],
            _ => [typeof(TalosClusterConditions), typeof(TalosClusterReasons)],
        };
        var commonText = File.ReadAllText(Path.Combine(Repository.Root, "docs", "spec", "conditions.md"));
        var words = own.SelectMany(Constants).Select(word => (word, document)).Concat(common.SelectMany(Constants).Select(word => (word, commonText)));
        Assert.Empty(words.Where(entry => !entry.Item2.Contains($"`{entry.word}`", StringComparison.Ordinal)).Select(entry => entry.word));
    }

    [Fact]
    public void No_file_is_over_200_KB() =>
        Assert.All(Manifests.All(Generated.Schemas), file => Assert.InRange(Encoding.UTF8.GetByteCount(file.Text), 1, 200_000));

    private static string Spec(Type kind) => Path.Combine(Repository.Root, "docs", "spec", kind.Name.ToLowerInvariant() + ".md");

    private static IEnumerable<string> Constants(Type type) => type.GetFields().Select(field => (string)field.GetValue(null)!);
}

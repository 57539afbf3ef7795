using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OmniScale.CrdGen;

/// <summary>The summaries of an assembly's docstrings, each as one paragraph of plain text.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, string> summaries;

    private XmlDocs(XDocument document) => summaries = document.Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => Text(member.Element("summary")!), StringComparer.Ordinal);

    /// <summary>Reads the file that the compiler writes beside the assembly.</summary>
    public static XmlDocs Of(Assembly assembly) => new(XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")));

    public string? Of(Type type) => summaries.GetValueOrDefault($"T:{Name(type)}");

    public string? Of(PropertyInfo property) =>
        summaries.GetValueOrDefault($"P:{Name(property.DeclaringType!)}.{property.Name}");

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string Text(XElement summary)
    {
        foreach (var see in summary.Descendants("see").ToList())
        {
            see.ReplaceWith(see.Attribute("cref")!.Value.Split('.')[^1]);
        }

        return Whitespace().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}

using OmniScale.CrdGen;
using OmniScale.Crds;

if (args.Length is not (1 or 2))
{
    Console.Error.WriteLine("usage: crdgen CRD_DIR [SPEC_DIR]");
    Console.Error.WriteLine("Writes the CustomResourceDefinitions, and the field tables between the markers of SPEC_DIR/<kind>.md.");
    return 2;
}

var schemas = new SchemaBuilder(XmlDocs.Of(typeof(ApiGroup).Assembly));
Directory.CreateDirectory(args[0]);
foreach (var (name, text) in Manifests.All(schemas))
{
    File.WriteAllText(Path.Combine(args[0], name), text);
}

if (args.Length == 2)
{
    var tables = new FieldTables(schemas);
    foreach (var kind in CrdBuilder.Kinds)
    {
        var path = Path.Combine(args[1], kind.Name.ToLowerInvariant() + ".md");
        File.WriteAllText(path, tables.Replace(File.ReadAllText(path), kind));
    }
}

return 0;

using OmniScale.CrdGen;
using OmniScale.Crds;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: crdgen CRD_DIR");
    return 2;
}

foreach (var (name, text) in Manifests.All(new SchemaBuilder(XmlDocs.Of(typeof(ApiGroup).Assembly))))
{
    Directory.CreateDirectory(args[0]);
    File.WriteAllText(Path.Combine(args[0], name), text);
}

return 0;

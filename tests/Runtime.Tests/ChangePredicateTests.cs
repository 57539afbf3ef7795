using k8s.Models;

namespace OmniScale.Runtime.Tests;

public class ChangePredicateTests
{
    [Theory]
    [InlineData("same", false)]
    [InlineData("resourceVersion", false)]
    [InlineData("generation", true)]
    [InlineData("uid", true)]
    [InlineData("deletion", true)]
    [InlineData("finalizers", true)]
    [InlineData("label", true)]
    [InlineData("annotation", true)]
    [InlineData("annotation gone", true)]
    [InlineData("no generations", true)]
    public void Change_MattersUnlessItIsOfTheStatusOnly(string what, bool matters)
    {
        V1ObjectMeta old = Meta();
        V1ObjectMeta now = Meta();
        switch (what)
        {
            case "resourceVersion": now.ResourceVersion = "2"; break;
            case "generation": now.Generation = 2; break;
            case "uid": now.Uid = "v"; break;
            case "deletion": now.DeletionTimestamp = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc); break;
            case "finalizers": now.Finalizers = ["f", "g"]; break;
            case "label": now.Labels = new Dictionary<string, string> { ["a"] = "b" }; break;
            case "annotation": now.Annotations["a"] = "c"; break;
            case "annotation gone": now.Annotations = null; break;
            case "no generations": (old.Generation, now.Generation) = (null, null); break;
        }

        Assert.Equal(matters, ChangePredicate.Matters(old, now));

        static V1ObjectMeta Meta() => new()
        {
            Name = "one",
            Uid = "u",
            Generation = 1,
            ResourceVersion = "1",
            Finalizers = ["f"],
            Annotations = new Dictionary<string, string> { ["a"] = "b" },
        };
    }
}

namespace OmniScale.Runtime.Tests;

public class FairLanesTests
{
    private static NamespacedName Key(string text) => new(text.Split('/')[0], text.Split('/')[1]);

    private static string[] TakeAll(FairLanes lanes)
    {
        var taken = new List<string>();
        while (lanes.TryTake(out NamespacedName key))
        {
            taken.Add($"{key.Namespace}/{key.Name}");
        }

        return [.. taken];
    }

    private static FairLanes With(int perNamespace, params string[] keys)
    {
        var lanes = new FairLanes(perNamespace);
        foreach (string key in keys)
        {
            lanes.Add(Key(key));
        }

        return lanes;
    }

    [Fact]
    public void Take_WhenANamespaceCameFirstWithMany_LetsTheOthersTakeTurns()
    {
        FairLanes lanes = With(int.MaxValue, "a/1", "a/2", "a/3", "a/4", "b/1", "c/1", "c/2");

        Assert.Equal(["a/1", "b/1", "c/1", "a/2", "c/2", "a/3", "a/4"], TakeAll(lanes));
        Assert.Equal(0, lanes.Count);
    }

    [Fact]
    public void Take_WhenANamespaceHasItsShare_HandsOutTheOthersOnly()
    {
        FairLanes lanes = With(2, "a/1", "a/2", "a/3", "b/1");

        Assert.Equal(["a/1", "b/1", "a/2"], TakeAll(lanes));
        Assert.Equal(1, lanes.Count);
        lanes.Add(Key("b/2"));
        Assert.Equal(["b/2"], TakeAll(lanes));

        lanes.Return(Key("a/2"));

        Assert.Equal(["a/3"], TakeAll(lanes));
    }

    [Fact]
    public void Return_WhenMoreIsWaitingThanTheShare_HandsOutOneForOne()
    {
        FairLanes lanes = With(1, "a/1", "a/2", "a/3");
        var order = new List<string>();

        for (int i = 1; i <= 3; i++)
        {
            order.AddRange(TakeAll(lanes));
            lanes.Return(Key($"a/{i}"));
        }

        Assert.Equal(["a/1", "a/2", "a/3"], order);
        Assert.Empty(TakeAll(lanes));
    }
}

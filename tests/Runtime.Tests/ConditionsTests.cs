using k8s.Models;

namespace OmniScale.Runtime.Tests;

public class ConditionsTests
{
    private static readonly DateTime Before = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly List<V1Condition> _conditions = [];

    [Fact]
    public void Set_PutsReadyFirstAndKeepsTheOrderOfTheOthers()
    {
        Conditions.Set(_conditions, "Synced", Conditions.True, "Done", "");
        Conditions.Set(_conditions, "Available", Conditions.True, "Done", "");
        Conditions.Set(_conditions, Conditions.Ready, Conditions.True, "Done", "");
        Conditions.Set(_conditions, "Synced", Conditions.False, "Failed", "");

        Assert.Equal(["Ready", "Synced", "Available"], _conditions.Select(condition => condition.Type));
        Assert.Equal("False", Conditions.Get(_conditions, "Synced")!.Status);
        Assert.True(Conditions.IsTrue(_conditions, "Available"));
        Assert.False(Conditions.IsTrue(_conditions, "Synced"));
        Assert.False(Conditions.IsTrue(null, "Synced"));
    }

    [Fact]
    public void Set_WhenTheStatusStays_KeepsTheTransitionTime()
    {
        _conditions.Add(new V1Condition { Type = "Ready", Status = "True", Reason = "A", Message = "", LastTransitionTime = Before });

        Conditions.Set(_conditions, "Ready", Conditions.True, "B", "other", 3);

        V1Condition ready = Assert.Single(_conditions);
        Assert.Equal(("B", "other", 3L, Before), (ready.Reason, ready.Message, ready.ObservedGeneration!.Value, ready.LastTransitionTime));
    }

    [Fact]
    public void Set_WhenTheStatusChanges_LeavesTheTransitionTimeToTheWriter()
    {
        _conditions.Add(new V1Condition { Type = "Ready", Status = "True", Reason = "A", Message = "", LastTransitionTime = Before });

        Conditions.Set(_conditions, "Ready", Conditions.False, "B", "");

        Assert.Equal(default, Assert.Single(_conditions).LastTransitionTime);
    }

    [Theory]
    [InlineData("yes", "Reason")]
    [InlineData("True", "")]
    [InlineData("True", "not a reason")]
    public void Set_WhenTheApiServerWouldRefuseIt_Throws(string status, string reason) =>
        Assert.Throws<ArgumentException>(() => Conditions.Set(_conditions, "Ready", status, reason, ""));

    [Fact]
    public void Set_WhenTheMessageIsTooLong_CutsIt()
    {
        Conditions.Set(_conditions, "Ready", Conditions.True, "A", new string('x', 40000));

        Assert.Equal(32768, _conditions[0].Message.Length);
    }

    [Fact]
    public void Remove_TellsWhetherItWasThere()
    {
        Conditions.Set(_conditions, "Stalled", Conditions.True, "A", "");

        Assert.True(Conditions.Remove(_conditions, "Stalled"));
        Assert.False(Conditions.Remove(_conditions, "Stalled"));
        Assert.Empty(_conditions);
    }
}

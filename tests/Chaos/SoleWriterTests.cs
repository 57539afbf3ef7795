namespace OmniScale.Chaos;

public sealed class SoleWriterTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Tenure[] Tenures = [new("a", At(0), null, 0), new("b", At(10), At(20), 1), new("c", At(25), null, 2)];

    [Fact]
    public void Writers_ThatEachWriteInOneTenure_AreRight() => Assert.Empty(Wrong([Write(1, 100), Write(9, 100), Write(11, 200), Write(19, 200), Write(26, 300), Write(90, 300)]));

    [Fact]
    public void Writer_WhoseLeaseAnotherOneTook_MayNotWrite() => Assert.Single(Wrong([Write(1, 100), Write(11, 200), Write(12, 100)]));

    [Fact]
    public void Writer_ThatGaveTheLeaseBack_MayNotWrite() => Assert.Single(Wrong([Write(11, 200), Write(22, 200)]));

    [Fact]
    public void SecondWriterOfATenure_IsWrong_EvenIfItWroteNothingBefore() => Assert.Single(Wrong([Write(11, 200), Write(12, 100)]));

    [Fact]
    public void Writer_BeforeAnyTenure_IsWrong() => Assert.Single(Wrong([Write(-1, 100)]));

    [Fact]
    public void FrozenWriter_MayLandOneWriteAndNoSecond()
    {
        var (wrong, landed) = SoleWriter.Check(Tenures, [Write(1, 100), Write(11, 200), Write(12, 100)], [100]);
        Assert.Empty(wrong);
        Assert.Equal(1, landed);
        Assert.Single(SoleWriter.Check(Tenures, [Write(1, 100), Write(12, 100), Write(13, 100)], [100]).Wrong);
    }

    [Fact]
    public void MissedHolder_IsReported() => Assert.Single(SoleWriter.Check([Tenures[0], Tenures[2]], [], []).Wrong);

    private static IReadOnlyList<string> Wrong(IEnumerable<ObservedWrite> writes) => SoleWriter.Check(Tenures, writes, []).Wrong;

    private static ObservedWrite Write(int second, int process) => new(At(second), process, "Create");

    private static DateTimeOffset At(int second) => Start.AddSeconds(second);
}

using OmniScale.Core.Selectors;

namespace OmniScale.Core.Tests.Selectors;

/// <summary>Selectors put together at random from what people write, right and wrong.</summary>
public class RepairPropertyTests
{
    private static readonly string[] Bits =
    [
        "name", "node", "storageType", "availableSpace", "type", "storage", "storage.type", "content", "shared", "free", "not", "and", "or", "in", "if", "==", "=", "!=", ">", "<", "&&", "||",
        "!", "(", ")", "[", "]", "{", "}", ",", ":", "?", ".", "-", "/", "\"", "'", "“", "”", "\"local-lvm\"", "\"rbd\"", "'x'", "local-lvm", "rbd", "100", "100u", "100GB", "1e3u", "0u", "1.5",
        ".matches(\"[\")", ".startsWith(\"vm\")", ".lowerAscii()", ".filter(s, s.type == \"rbd\")", "true", "\n", "\\\"", "𝛼", "é", "{\"rbd\": true}[storageType]", "availableSpace - 1u",
    ];

    [Fact]
    public void Whatever_is_written_a_correction_compiles_evaluates_and_is_another_selector()
    {
        var random = new Random(7);
        var corrections = 0;
        for (var round = 0; round < 3000; round++)
        {
            var selector = string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 9)).Select(_ => Bits[random.Next(Bits.Length)]));

            var report = SelectorReport.Of(selector, Matrix.Scope);

            if (report.Hint?.Correction is not { } correction)
            {
                continue;
            }

            corrections++;
            var compiled = StorageSelector.Compile(correction);
            Assert.True(compiled.IsValid, $"{selector} -> {correction}");
            Assert.All(Matrix.Scope.Candidates!.SelectMany(n => n.Storages), s => Assert.Null(compiled.Evaluate(s).Error));
            Assert.NotEqual(selector, correction);
        }

        Assert.True(corrections > 1000, $"{corrections}");
    }
}

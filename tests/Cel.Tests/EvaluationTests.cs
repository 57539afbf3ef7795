namespace OmniScale.Cel.Tests;

/// <summary>Details that neither the specification's tests nor the selectors touch; the expectations are cel-go's answers.</summary>
public class EvaluationTests
{
    [Theory]
    [InlineData("'abc'.matches('(?i)B')", "true")]
    [InlineData("'K'.matches('(?i)^\\u212a$')", "true")]
    [InlineData("'Ωmega'.matches('^\\\\p{Greek}')", "true")]
    [InlineData("'a.b'.matches('^\\\\Qa.b\\\\E$')", "true")]
    [InlineData("'😀'.matches('^.$')", "true")]
    [InlineData("'a\\nb'.matches('(?m)^b$') && !'a\\nb'.matches('^b$')", "true")]
    [InlineData("'xyz'.matches('(?P<n>y)') && 'xyz'.matches('[[:alpha:]]{3}')", "true")]
    [InlineData("'a'.matches('[')", "error parsing regexp: missing closing ]: `[`")]
    [InlineData("'a'.matches('a**')", "error parsing regexp: invalid nested repetition operator: `**`")]
    [InlineData("'a'.matches('(?=a)')", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`")]
    [InlineData("'a'.matches('x{1001}')", "error parsing regexp: invalid repeat count: `{1001}`")]
    [InlineData("'a'.matches(r'\\x4')", "error parsing regexp: invalid escape sequence: `\\x4`")]
    [InlineData("'a'.matches(')')", "error parsing regexp: unexpected ): `)`")]
    [InlineData("string(1e6) + string(123456.5) + string(1e-5)", "1e+06123456.51e-05")]
    [InlineData("double('1_000.5') == 1000.5 && double('0x1p-2') == 0.25", "true")]
    [InlineData("string(timestamp('2024-02-29T12:00:00+02:00'))", "2024-02-29T12:00:00+02:00")]
    [InlineData("string(duration('1h1ms'))", "3600.001s")]
    [InlineData("duration(1)", "type conversion error from 'int' to 'google.protobuf.Duration'")]
    [InlineData("{b'a': 1}.size() == 1 || true", "internal error: runtime error: hash of unhashable type types.Bytes")]
    [InlineData("[1].exists(x, x < 2u)", "true")]
    [InlineData("'\\ud7ff' < '😀' && '\\uffff' < '😀'", "true")]
    [InlineData("size('😀é') == 2", "true")]
    [InlineData("dyn(1) == 1.0 && dyn(1u) in [1]", "true")]
    [InlineData("--1 == 1 && ---1 == -1", "true")]
    [InlineData("timestamp(0).getHours('Nowhere/Land')", "unknown time zone Nowhere/Land")]
    public void Expression_HasTheResultOfCelGo(string source, string expected)
    {
        var compilation = Storages.Environment.Compile(source);
        Assert.Equal("", compilation.ErrorText);
        var result = compilation.Program.Evaluate(Storages.Samples[0]);
        Assert.Equal(expected, result.Error ?? result.Value.ToString());
    }

    [Theory]
    [InlineData("", "ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}")]
    [InlineData("-1'1'", "ERROR: <input>:1:3: Syntax error: extraneous input ''1'' expecting <EOF>\n | -1'1'\n | ..^")]
    [InlineData("string(-9", "ERROR: <input>:1:10: Syntax error: missing ')' at '<EOF>'\n | string(-9\n | .........^")]
    [InlineData("name.null", "ERROR: <input>:1:6: Syntax error: mismatched input 'null' expecting IDENTIFIER\n | name.null\n | .....^")]
    public void Error_HasTheTextOfCelGo(string source, string expected) => Assert.Equal(expected, Storages.Environment.Compile(source).ErrorText);
}

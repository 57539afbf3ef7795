namespace OmniScale.Cel.Syntax;

/// <summary>The function names behind the operators.</summary>
internal static class Operators
{
    public const string Conditional = "_?_:_";
    public const string And = "_&&_";
    public const string Or = "_||_";
    public const string Not = "!_";
    public const string Equal = "_==_";
    public const string NotEqual = "_!=_";
    public const string Less = "_<_";
    public const string LessEqual = "_<=_";
    public const string Greater = "_>_";
    public const string GreaterEqual = "_>=_";
    public const string Add = "_+_";
    public const string Subtract = "_-_";
    public const string Multiply = "_*_";
    public const string Divide = "_/_";
    public const string Modulo = "_%_";
    public const string Negate = "-_";
    public const string Index = "_[_]";
    public const string In = "@in";
    public const string NotStrictlyFalse = "@not_strictly_false";

    public static string? Binary(TokenType type) => type switch
    {
        TokenType.Equal => Equal,
        TokenType.NotEqual => NotEqual,
        TokenType.In => In,
        TokenType.Less => Less,
        TokenType.LessEqual => LessEqual,
        TokenType.Greater => Greater,
        TokenType.GreaterEqual => GreaterEqual,
        TokenType.Plus => Add,
        TokenType.Minus => Subtract,
        TokenType.Star => Multiply,
        TokenType.Slash => Divide,
        TokenType.Percent => Modulo,
        _ => null,
    };
}

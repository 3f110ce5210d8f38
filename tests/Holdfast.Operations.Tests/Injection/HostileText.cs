namespace Holdfast.Operations.Tests.Injection;

/// <summary>Texts that would do something if they ever became part of SQL.</summary>
internal static class HostileText
{
    public static IReadOnlyList<string> All { get; } =
    [
        "'", "''", "\"", "\\", "\\'", "'; drop table holdfast.sentinel; --", "'); drop table holdfast.sentinel; --", "\"); drop table sentinel; --",
        "1; truncate holdfast.sentinel", "' or '1'='1", "x' or 1=1 --", "' or true or '", "' union select 1 --", "/* ", "*/ ; --", "$$; drop table sentinel; $$", "$1", "$a$", ":name", "@p0", "?", "%s %I %L {0} {schema} {sessions}",
        "%' or key like '%", "_%", "E'\\''", "\u2019; drop table sentinel; --", "\uFF07; drop table sentinel; --", "a\0'; drop table sentinel; --", "\r\n'; drop table sentinel\r\n", "\uD800", "日本'語",
        "{\"a\": \"'\"}", "\\u0000", "*", "a:* & | ! <-> 'b'", "(((", new string('\'', 5_000), new string('x', 100_000) + "'; drop table sentinel; --",
    ];
}

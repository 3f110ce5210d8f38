using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>Code that is no SQL but may run some: PL/Python, PL/Perl, PL/v8. It is judged by its words alone.</summary>
internal static partial class ForeignCode
{
    public static bool SaysDestructive(string code) => Words().IsMatch(code);

    [GeneratedRegex(@"\b(drop|truncate|delete|update|merge|execute)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}

using System.ComponentModel;
using System.Reflection;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Holdfast.Tests.Configuration;

/// <summary>A text that whatever prints it does not show.</summary>
public sealed partial class SecretTypeTests
{
    private const string Text = "pl4nted";

    /// <summary>Who may read secrets; somebody more is a decision, not an accident.</summary>
    private static readonly string[] Callers = ["src/Holdfast/Stores/Postgres/PostgresUrl.cs"];

    [Fact]
    public void whatever_prints_it_shows_stars()
    {
        var secret = new Secret(Text);
        string[] shown =
        [
            secret.ToString(), $"{secret}", $"{secret,10}", "a" + secret, string.Concat(secret, "b"), string.Format(null, "{0:x}", secret), JsonSerializer.Serialize(secret), JsonSerializer.Serialize(new Holder(secret)),
            new Holder(secret).ToString(), $"{secret + ";more"}", TypeDescriptor.GetConverter(typeof(Secret)).ConvertToInvariantString(secret)!, typeof(Secret).GetCustomAttribute<DebuggerDisplayAttribute>()!.Value,
        ];
        Assert.All(shown, text => Assert.DoesNotContain(Text, text, StringComparison.Ordinal));
        Assert.All(shown, text => Assert.Contains("***", text, StringComparison.Ordinal));
    }

    [Fact]
    public void a_string_becomes_one_by_itself_and_never_the_other_way_round()
    {
        Secret secret = Text;
        Assert.Equal(Text, secret.Reveal());
        Assert.Equal(Text, ((Secret)TypeDescriptor.GetConverter(typeof(Secret)).ConvertFromInvariantString(Text)!).Reveal());
        Assert.Equal(Text, JsonSerializer.Deserialize<Holder>($$"""{"Value":"{{Text}}"}""")!.Value!.Reveal());
        Assert.Null((Secret?)(string?)null);
        Assert.Equal($"{Text};more", (secret + ";more").Reveal());
        Assert.DoesNotContain(typeof(Secret).GetMethods(), method => method is { Name: "op_Implicit" or "op_Explicit" } && method.ReturnType != typeof(Secret));
        Assert.DoesNotContain(typeof(Secret).GetProperties(), property => property.PropertyType == typeof(string));
    }

    [Fact]
    public void it_equals_what_says_the_same_and_nothing_else()
    {
        Assert.True(new Secret(Text) == new Secret(Text) && new Secret(Text).Equals((object)new Secret(Text)) && new Secret(Text).GetHashCode() == new Secret(Text).GetHashCode());
        Assert.True(new Secret(Text) != new Secret(Text + "x") && new Secret(Text) != null && !new Secret(Text).Equals((object)Text));
    }

    [Fact]
    public void few_reveal_it()
    {
        var root = Root();
        var found = Directory.EnumerateFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal) && Reveals(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal);
        Assert.Equal(Callers, found);
        Assert.True(Reveals("var text = provider.Connection?.Reveal ( );") && Reveals("map(Secret.Reveal)") && Reveals("x.Select(s => s.Reveal())") && !Reveals("public string Reveal() => _text; // Reveal"));
    }

    private static bool Reveals(string source) => Call().IsMatch(source);

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));

    [GeneratedRegex(@"\.\s*Reveal\b")]
    private static partial Regex Call();

    private sealed record Holder(Secret? Value);
}

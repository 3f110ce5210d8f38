using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

/// <summary>The system before this one had a script that recreated its database on the way of an update.</summary>
public sealed partial class NoDatabaseIsRecreatedTests
{
    /// <summary>The one class that may: it drops only databases that it has made itself, under a name that nobody chose.</summary>
    private const string Allowed = "ScratchDatabase.cs";

    private static readonly string[] Folders = ["src", "tools", "deploy", "samples"];

    [Fact]
    public void nothing_that_ships_can_drop_or_create_a_database()
    {
        var repository = PostgresPrograms.Repository();
        var files = Folders.Select(folder => Path.Combine(repository, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(repository))
            .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".sh" or ".py" or ".yml" or ".yaml" or ".service" or "")
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .ToArray();
        Assert.True(files.Length > 100);
        Assert.Empty(files.Where(file => Path.GetFileName(file) != Allowed)
            .SelectMany(file => Recreations(File.ReadAllText(file)).Select(line => $"{Path.GetRelativePath(repository, file)}:{line}")));
    }

    [Theory]
    [InlineData("x.Execute(\"drop database a\")", 1)]
    [InlineData("\ndropdb \"$name\"", 2)]
    [InlineData("\"DROP\n   DATABASE a\"", 1)]
    [InlineData("psql -c 'create database a'", 1)]
    [InlineData("// It never says DROP DATABASE.", 0)]
    [InlineData("\"drop-database\"", 0)]
    [InlineData("createdb a", 1)]
    [InlineData("Process.Start(\"createdb\", \"a\")", 1)]
    [InlineData("case when rolcreatedb then 'createdb' end", 0)]
    public void a_script_that_could_is_seen(string text, int line) => Assert.Equal(line == 0 ? [] : [line], Recreations(text));

    [Theory]
    [InlineData("Postgres")]
    [InlineData("Sqlite")]
    public void no_shipped_migration_throws_anything_away(string engine)
    {
        foreach (var migration in Migration.Shipped(engine))
            Assert.Empty(DestructiveSql.Find(SqlScript.Parse(migration.Sql.Replace("{schema}", "holdfast", StringComparison.Ordinal))));
    }

    private static IEnumerable<int> Recreations(string text)
    {
        text = Comment().Replace(text, "");
        return Words().Matches(text).Select(match => text.AsSpan(0, match.Index).Count('\n') + 1);
    }

    // In quotes by itself "createdb" is a role's attribute, unless a program is started by that name.
    [GeneratedRegex(@"\b(drop|create)\s+database\b|\bdropdb\b|(?<![""'])\bcreatedb\b(?![""'])|Start(Info)?\(\s*""createdb""", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    // To the end of the line, which stays: lines are counted.
    [GeneratedRegex(@"^[ \t]*(//|#(?!!)|--).*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}

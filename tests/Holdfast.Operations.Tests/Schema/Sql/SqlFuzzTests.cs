using Holdfast.Operations.Schema.Sql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

public sealed class SqlFuzzTests
{
    private const int Seed = 20261121, Scripts = 6_000;

    [Fact]
    public async Task thousands_of_hostile_scripts_are_split_and_judged_as_postgres_reads_them()
    {
        var fuzz = new SqlFuzz(Seed);
        string[] scripts = [.. Enumerable.Range(0, Scripts).Select(i => i % 2 == 0 ? fuzz.Script() : fuzz.Damaged())];
        var read = 0;
        var differences = new List<string>();
        foreach (var (sql, answer) in scripts.Zip(await SqlOracles.ParserAsync(scripts)))
        {
            if (answer.Error is not null) continue;
            read++;
            try
            {
                var ends = DestructiveSqlTests.Ends(sql).ToArray();
                if (!ends.SequenceEqual(answer.Ends!)) differences.Add($"{sql}\n=> ends [{string.Join(' ', ends)}], the parser [{string.Join(' ', answer.Ends!)}]");
                var found = DestructiveSql.Find(SqlScript.Parse(sql)).Select(one => one.Rule).Order(StringComparer.Ordinal);
                if (!found.SequenceEqual(answer.Found!)) differences.Add($"{sql}\n=> found [{string.Join(' ', found)}], the tree [{string.Join(' ', answer.Found!)}]");
            }
            catch (SqlSyntaxException e)
            {
                differences.Add($"{sql}\n=> {e.Message}");
            }
        }
        Assert.True(read > 2_500, $"only {read} of them are SQL");
        Assert.True(differences.Count == 0, $"{differences.Count} of {read}:\n" + string.Join("\n----\n", differences.Take(12)));
    }
}

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
        await CompareAsync([.. Enumerable.Range(0, Scripts).Select(i => i % 2 == 0 ? fuzz.Script() : fuzz.Damaged())], readMin: 2_500);
    }

    [Fact]
    public async Task thousands_of_statements_out_of_the_grammar_are_judged_as_the_tree_says()
    {
        var fuzz = new SqlFuzz(Seed);
        await CompareAsync([.. Enumerable.Range(0, Scripts).Select(_ => fuzz.Shaped())], readMin: 4_500);
    }

    private static async Task CompareAsync(string[] scripts, int readMin)
    {
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
        Assert.True(read > readMin, $"only {read} of them are SQL");
        Assert.True(differences.Count == 0, $"{differences.Count} of {read}:\n" + string.Join("\n----\n", differences.Take(12)));
    }
}

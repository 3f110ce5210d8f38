using Holdfast.TestServers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Holdfast.Operations.Tests.Conventions;

public sealed class SqlInjectionTests
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks; global using System.Net.Http;";

    [Fact]
    public void sql_is_made_of_constants_and_names_of_the_catalogue()
    {
        var root = PostgresPrograms.Repository();
        var files = Directory.EnumerateFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));
        var provenance = new SqlProvenance(Compile([.. files.Select(file => (Path.GetRelativePath(root, file), File.ReadAllText(file)))]));
        var findings = provenance.Find();
        Assert.True(provenance.Commanded >= 30, $"only {provenance.Commanded} commands were seen");
        Assert.True(findings.Count == 0, string.Join('\n', findings));
    }

    [Theory]
    [InlineData("public void Run(string name) => new NpgsqlCommand($\"select * from t where name = '{name}'\");", "name")]
    [InlineData("public void Run(string name) { var sql = \"select '\" + name + \"'\"; new NpgsqlCommand(sql); }", "name")]
    [InlineData("public void Run(string name) => Inner(name.Replace(\"'\", \"''\")); private void Inner(string part) { var c = new NpgsqlBatchCommand($\"select '{part}'\"); }", "name")]
    [InlineData("public void Run(string[] names) => new NpgsqlCommand($\"select {string.Join(\", \", names.Select(one => one + \"::text\"))}\");", "names")]
    [InlineData("public void Run(string name) { var c = new NpgsqlCommand(); c.CommandText = \"select \" + name; }", "name")]
    [InlineData("private string _order = \"\"; public void Order(string by) => _order = by; public void Run() => new NpgsqlCommand($\"select 1 order by {_order}\");", "by")]
    [InlineData("public string By { get; set; } = \"a\"; public void Run() => new NpgsqlCommand($\"select 1 order by {By}\"); public void Set(string x) => By = x;", "x")]
    [InlineData("public void Run(NpgsqlDataReader reader) => new NpgsqlCommand($\"drop index {reader.GetString(0)}\");", "reader.GetString(0)")]
    [InlineData("public void Run() => new NpgsqlCommand(\"select \" + Environment.GetEnvironmentVariable(\"X\"));", "Environment.GetEnvironmentVariable(\"X\")")]
    [InlineData("public void Run(NpgsqlDataSource source, string sql) => source.CreateCommand(sql);", "sql")]
    [InlineData("public void Run(NpgsqlConnection c, string table) => c.BeginBinaryImport($\"copy {table} from stdin (format binary)\");", "table")]
    [InlineData("public async Task Run(NpgsqlConnection c, string table) { await using var w = await c.BeginTextExportAsync(\"copy \" + table + \" to stdout\"); }", "table")]
    [InlineData("public void Run(NpgsqlConnection c, string table) => c.BeginRawBinaryCopy(\"copy \" + table + \" to stdout\");", "table")]
    [InlineData("public void Run(object name) { if (name is string { } text) new NpgsqlCommand(\"drop table \" + text); }", "name")]
    [InlineData("public void Run(string name) { var all = new List<string>(); all.Add(name); foreach (var one in all) new NpgsqlCommand(one); }", "name")]
    [InlineData("public void Run(string[] names) { foreach (var one in names.Select(Drop)) new NpgsqlCommand(one); } private static string Drop(string of) => \"drop table \" + of;", "names")]
    [InlineData("public void Run(NpgsqlConnection c, Given given) => new NpgsqlCommand((given with { Sql = given.Sql + \"x\" }).Sql); public sealed record Given(string Sql); public static Given Of(string a) => new(a);", "a")]
    [InlineData("public void Run(string name) => new NpgsqlCommand(string.Format(\"select '{0}'\", name));", "name")]
    [InlineData("public void Run(string name) { var b = new System.Text.StringBuilder(); b.Append(name); new NpgsqlCommand(b.ToString()); }", "name")]
    [InlineData("public string By { get; set; } = \"a\"; public void Run() => new NpgsqlCommand($\"select 1 order by {By}\");", "By")]
    [InlineData("public string By { get; init; } = \"a\"; public void Run() => new NpgsqlCommand($\"select 1 order by {By}\");", "By")]
    [InlineData("public static string By = \"a\"; public void Run() => new NpgsqlCommand($\"select 1 order by {By}\");", "By")]
    [InlineData("public class Inner { public string By { get; set; } = \"a\"; } public void Run(Inner of) => new NpgsqlCommand($\"select 1 order by {of.By}\");", "of.By")]
    [InlineData("public void Run(NpgsqlCommand c, string name) { c.CommandText = \"select \"; c.CommandText += name; }", "name")]
    [InlineData("public void Run(NpgsqlCommand c, string name) => c.CommandText ??= name;", "name")]
    [InlineData("public void Run(NpgsqlConnection c, string sql) => new NpgsqlCommand(connection: c, cmdText: sql);", "sql")]
    [InlineData("public void Run(NpgsqlDataSource source, string sql) => source.CreateCommand(commandText: sql);", "sql")]
    public void an_injection_is_found_where_it_comes_from(string member, string part)
    {
        var findings = new SqlProvenance(Compile([("Sample.cs", Sample(member))])).Find();
        Assert.True(findings.Any(finding => finding.StartsWith($"Sample.cs:4: {part}: ", StringComparison.Ordinal)), string.Join('\n', findings));
        Assert.NotEmpty(findings);
    }

    [Theory]
    [InlineData("public void Run(string name) { var c = new NpgsqlCommand(\"select $1\") { Parameters = { new() { Value = name } } }; }")]
    [InlineData("private const int Key = 7; private const string Table = \"t\"; public void Run() => new NpgsqlCommand($\"select {Key} from {Table}\");")]
    [InlineData("public void Run(int limit) => new NpgsqlCommand($\"select 1 limit {limit}\");")]
    [InlineData("public void Run(bool all) { foreach (var t in (string[])[\"a\", \"b\"]) new NpgsqlCommand($\"select 1 from {t} {(all ? \"\" : \"where x\")}\"); }")]
    [InlineData("private static readonly string[] Names = [\"a\"]; public void Run() => new NpgsqlCommand($\"select {string.Join(\", \", Names.Select(one => $\"{one}::text\"))}\");")]
    [InlineData("internal string By { get; set; } = \"a\"; public string Of { get; private set; } = \"b\"; public void Run() => new NpgsqlCommand($\"select 1 order by {By}, {Of}\");")]
    [InlineData("public void Run(NpgsqlConnection c) => new NpgsqlCommand(connection: c, cmdText: \"select 1\");")]
    public void constants_and_parameters_pass(string member) => Assert.Empty(new SqlProvenance(Compile([("Sample.cs", Sample(member))])).Find());

    private static string Sample(string member) => $"using Npgsql;\npublic class Sample\n{{\n{member}\n}}\n";

    private static CSharpCompilation Compile((string Path, string Text)[] files)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        return CSharpCompilation.Create("Sources",
            [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, options, file.Path)), CSharpSyntaxTree.ParseText(Usings, options, "Usings.cs")],
            References.Value, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    private static readonly Lazy<MetadataReference[]> References = new(() => [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => !Path.GetFileName(file).StartsWith("Holdfast", StringComparison.OrdinalIgnoreCase))
            .Select(file => MetadataReference.CreateFromFile(file))]);
}

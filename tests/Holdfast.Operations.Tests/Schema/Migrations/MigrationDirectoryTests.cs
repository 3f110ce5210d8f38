using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

public sealed class MigrationDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-migrations-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    [Fact]
    public void a_new_migration_has_its_files_its_number_and_its_line_in_the_sum()
    {
        var first = NewMigration.Create(_folder, "Add invoices!", timestamp: false, TimeProvider.System);
        Assert.Equal([Path("V0001__add_invoices.sql"), Path("U0001__add_invoices.sql"), Path("holdfast.sum")], first);
        NewMigration.Create(_folder, "more", timestamp: false, TimeProvider.System);
        var set = MigrationSet.Read(_folder);
        Assert.Equal(["V0001__add_invoices.sql", "V0002__more.sql"], set.Versioned.Select(file => file.Script));
        Assert.Equal(MigrationPhase.Expand, set.Versioned[0].Prepare("app").Directives.Phase);
        Assert.NotNull(set.Undo(set.Versioned[1].Version!));
        Assert.Equal(5, File.ReadAllLines(Path("holdfast.sum")).Length);
    }

    [Fact]
    public void a_directory_that_counts_by_time_goes_on_so()
    {
        File.WriteAllText(Path("V20261121143000__a.sql"), "select 1");
        Assert.Matches(@"V20\d{12}__b\.sql$", NewMigration.Create(_folder, "b", timestamp: false, TimeProvider.System)[0]);
    }

    [Fact]
    public void what_the_sum_does_not_know_is_refused_and_named()
    {
        NewMigration.Create(_folder, "a", timestamp: false, TimeProvider.System);
        var path = Path("V0001__a.sql");
        var content = File.ReadAllText(path);
        // An editor's habits are no change.
        File.WriteAllText(path, "\uFEFF" + content.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n");
        MigrationSet.Read(_folder);
        File.WriteAllText(path, content + "select 2;");
        Assert.Contains("V0001__a.sql has another content", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, content);
        File.WriteAllText(Path("V0002__b.sql"), "select 1");
        Assert.Contains("V0002__b.sql is not in it", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
        File.Delete(Path("V0002__b.sql"));
        File.Delete(Path("U0001__a.sql"));
        Assert.Contains("U0001__a.sql is missing", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
        NewMigration.WriteSum(_folder);
        MigrationSet.Read(_folder);
        File.AppendAllText(Path("holdfast.sum"), "<<<<<<< HEAD\n");
        Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder));
    }

    [Theory]
    [InlineData("V2__b.SQL")]
    [InlineData("V2__b.Sql")]
    [InlineData("V2__b.sql ")]
    [InlineData("V3__dir.sql/")]
    public void what_looks_like_a_migration_and_is_none_is_named(string name)
    {
        File.WriteAllText(Path("V1__a.sql"), "select 1");
        if (name.EndsWith('/')) Directory.CreateDirectory(Path(name));
        else File.WriteAllText(Path(name), "select 1");
        Assert.Contains(name.TrimEnd('/'), Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void two_names_that_are_one_on_another_machine_are_refused()
    {
        foreach (var name in (string[])["R__a.sql", "R__A.sql"]) File.WriteAllText(Path(name), "select 1");
        Assert.Contains("R__A.sql and R__a.sql differ only in capitals", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_that_is_no_migration_is_not_passed_over()
    {
        File.WriteAllText(Path("readme.md"), "is no SQL");
        File.WriteAllText(Path("fix.sql"), "select 1");
        Assert.Contains("fix.sql", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => MigrationSet.Read(Path("nowhere")));
        File.WriteAllBytes(Path("fix.sql"), [0xC3, 0x28]);
        Assert.Contains("UTF-8", Assert.Throws<SchemaException>(() => MigrationSet.Read(_folder)).Message, StringComparison.Ordinal);
    }
}

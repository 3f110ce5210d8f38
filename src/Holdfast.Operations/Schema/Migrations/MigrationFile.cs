using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What a file of migrations is for; its first letter is written into the history.</summary>
internal enum MigrationKind
{
    /// <summary><c>V0007__what.sql</c>: once, in order.</summary>
    Versioned = 'V',
    /// <summary><c>U0007__what.sql</c>: takes <c>V0007</c> back.</summary>
    Undo = 'U',
    /// <summary><c>R__what.sql</c>: after all versioned ones, whenever its content has changed.</summary>
    Repeatable = 'R',
}

/// <summary>One SQL file: its name taken apart, its text and its checksum.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Version">Its number; null for a repeatable one.</param>
/// <param name="Description">Its name in words.</param>
/// <param name="Script">The file's name.</param>
/// <param name="Sql">Its text, <c>{schema}</c> not filled in.</param>
/// <param name="Checksum">SHA-256 of the text as <see cref="Migration.Normalize"/> leaves it, in hex.</param>
internal sealed partial record MigrationFile(MigrationKind Kind, MigrationVersion? Version, string Description, string Script, string Sql, string Checksum)
{
    /// <summary>As the history has it.</summary>
    public string KindLetter => ((char)Kind).ToString();

    /// <exception cref="SchemaException">The name is not that of a migration.</exception>
    public static MigrationFile Parse(string path, string text)
    {
        var script = Path.GetFileName(path);
        if (FileName().Match(script) is not { Success: true } name)
            throw new SchemaException($"'{script}' is no migration: a name looks like V0002__what_it_does.sql (in order), U0002__what_it_does.sql (takes it back) or R__what_it_does.sql (whenever it changes). Rename it, or move it elsewhere.");
        var sql = Migration.Normalize(text);
        var version = name.Groups["number"] is { Success: true, Value: var number } ? MigrationVersion.Parse(number) : null;
        return new MigrationFile((MigrationKind)script[0], version, name.Groups["name"].Value.Replace('_', ' '), script, sql, Migration.Hash(sql));
    }

    /// <summary>The file as it runs in a schema, after everything that can be seen without a server was checked.</summary>
    /// <exception cref="SchemaException">It is refused: a directive, or a statement that no migration may hold.</exception>
    public PreparedFile Prepare(string schema)
    {
        SqlScript script;
        try
        {
            script = SqlScript.Parse(Sql.Replace("{schema}", schema, StringComparison.Ordinal));
        }
        catch (SqlSyntaxException e)
        {
            throw new SchemaException($"{Script}: {e.Message}", e);
        }
        var prepared = new PreparedFile(this, script, MigrationDirectives.Read(Script, script));
        ScriptRules.Check(prepared);
        return prepared;
    }

    [GeneratedRegex(@"^(?:[VU](?<number>[0-9]{1,18}(?:[._][0-9]{1,18})*)|R)__(?<name>\w[\w.-]*)\.sql\z")]
    private static partial Regex FileName();
}

/// <summary>A file ready to run.</summary>
internal sealed record PreparedFile(MigrationFile File, SqlScript Script, MigrationDirectives Directives)
{
    public int Statements => Script.Statements.Count;
}

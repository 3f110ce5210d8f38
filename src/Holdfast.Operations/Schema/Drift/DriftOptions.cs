using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>A server to look at.</summary>
/// <param name="Name">The provider's name.</param>
/// <param name="Settings">The way to the server itself, not to a pooler.</param>
internal sealed record DriftTarget(string Name, NpgsqlConnectionStringBuilder Settings)
{
    public string Address => $"{Settings.Host}:{Settings.Port}/{Settings.Database}";
}

/// <summary>What a check of drift goes by.</summary>
internal sealed record DriftOptions
{
    /// <summary>The schema's name, checked.</summary>
    public required string Schema { get; init; }

    /// <summary>The migrations that this program or the user's directory has, in order.</summary>
    public required IReadOnlyList<Migration> Migrations { get; init; }

    /// <summary>Files that run again whenever they change, in order; after all others.</summary>
    public IReadOnlyList<Migration> Repeatable { get; init; } = [];

    /// <summary>Where the migrations come from, as options of the commands that are named in findings: empty for this program's own.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Goes by this program's migrations, or those of a directory.</summary>
    public static DriftOptions Of(MigrationSet set, string schema) => new()
    {
        Schema = SchemaName.Check(schema),
        Migrations = [.. set.Versioned.Select(AsMigration)],
        Repeatable = [.. set.Repeatable.Select(AsMigration)],
        Origin = set.IsShipped ? "" : $" --directory {set.Origin} --schema {schema}",
    };

    private static Migration AsMigration(MigrationFile file) => new(file.Script, file.Version?.Text ?? "", file.Description, file.Sql, file.Checksum);

    /// <summary>The role that owns the schema where roles are declared; null: none are.</summary>
    public string? Owner { get; init; }

    /// <summary>What is declared beside them of a provider, among all that were read.</summary>
    public Func<CatalogueSnapshot, IReadOnlyList<CatalogueSnapshot>, Declaration> Declared { get; init; } = (_, _) => Declaration.None;

    /// <summary>What is read of a server.</summary>
    public CatalogueScope Scope => CatalogueScope.Of(Schema) with { Owner = Owner };

    /// <summary>The provider that is the model; null: the migrations.</summary>
    public string? Against { get; init; }

    /// <summary>Only providers that have had the same migrations say what no migration says: in the middle of a rollout the others are as it was before.</summary>
    public bool PeersAsFar { get; init; }

    /// <summary>How long to wait for a migration in flight.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What came of comparing a schema with what files make.</summary>
/// <param name="Differences">What is not as they make it, in words.</param>
/// <param name="NotCompared">Why they could not be replayed; null: they were.</param>
internal sealed record BaselineComparison(IReadOnlyList<string> Differences, string? NotCompared);

/// <summary>Compares a schema with what files make; given by whoever can (drift uses migrations, not the other way round).</summary>
internal delegate Task<BaselineComparison> BaselineComparer(NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, CancellationToken cancellationToken);

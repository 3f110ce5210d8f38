using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Stores.Migrations;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>A check of drift that knows what access declares.</summary>
internal static class AccessDrift
{
    public static DriftOptions Options(string schema) => DeclaredAccess.With(new DriftOptions { Schema = schema, Migrations = Migration.Shipped("Postgres") });

    /// <param name="schema">The schema's name on all of them.</param>
    /// <param name="connection">The provider that is asked about.</param>
    /// <param name="others">Those beside it.</param>
    public static async Task<ProviderDrift> CheckAsync(string schema, string connection, params string[] others)
    {
        DriftTarget[] targets = [new("one", new(connection)), .. others.Select((other, i) => new DriftTarget($"other{i}", new(other)))];
        var drift = (await new DriftCheck(targets, Options(schema)).RunAsync(default)).Providers[0];
        Assert.Null(drift.Error);
        return drift;
    }

    public static Task<ProviderDrift> CheckAsync(AccessDatabase database, params string[] others) => CheckAsync(database.Schema, database.Connection, others);

    /// <summary>What counts, by its name, without the schema's.</summary>
    public static IEnumerable<string> Keys(ProviderDrift drift) =>
        drift.Findings.Where(finding => finding.Level != DriftLevel.Info).Select(finding => finding.CacheKey.Replace(drift.Actual!.Facts.Schema + "_", "{s}_", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static Task<RepairResult> RepairAsync(ProviderDrift drift) => new DriftRepair(Options(drift.Actual!.Facts.Schema)).RunAsync(drift, drift.Differences, progress: null, default);
}

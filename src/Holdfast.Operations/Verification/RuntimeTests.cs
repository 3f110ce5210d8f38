using Holdfast.Stores.Migrations;
using Holdfast.Stores.Sqlite;
using Npgsql;

namespace Holdfast.Operations.Verification;

/// <summary>Whether this program runs on what it was built for.</summary>
internal static class RuntimeTests
{
    private static readonly Version RuntimeMin = new(10, 0);
    private static readonly Version NpgsqlMin = new(10, 0);

    public static async Task RunAsync(TestList tests, CancellationToken cancellationToken)
    {
        await tests.RunAsync(null, ".NET", _ => Task.FromResult(Check(".NET", Environment.Version, RuntimeMin, "Install the .NET 10 runtime.")), cancellationToken).ConfigureAwait(false);
        await tests.RunAsync(null, "Npgsql", _ => Task.FromResult(Check("Npgsql", typeof(NpgsqlConnection).Assembly.GetName().Version!, NpgsqlMin,
            "The host application has loaded an older Npgsql; raise its package reference.")), cancellationToken).ConfigureAwait(false);
        // It says itself which version it needs.
        await tests.RunAsync(null, "SQLite", _ => Task.FromResult($"engine {SqliteEngine.EnsureLoaded()}"), cancellationToken).ConfigureAwait(false);
        tests.Add(null, "Holdfast", TestState.Passed, $"version {Product.Version}, schema {Migration.Shipped("Postgres")[^1].Version}");
    }

    internal static string Check(string name, Version found, Version min, string advice) => found >= min
        ? $"version {found}"
        : throw new VerificationFailedException($"{name} {found} is running, {min} or newer is needed.", advice);
}

using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create() => CommandFactory.Create("version", "Prints the versions of holdfast, .NET, and SQLite, and the schema that it brings.", "holdfast version --json", [],
        (invocation, _) =>
        {
            var versions = new ProductVersions(Product.Version, Environment.Version.ToString(), SqliteEngine.EnsureLoaded().ToString(), Migration.Shipped("Postgres")[^1].Version);
            return Task.FromResult(invocation.Print(versions, CliJson.Default.ProductVersions, writer =>
                writer.WriteLine($"holdfast {versions.Holdfast}  (.NET {versions.Dotnet}, SQLite {versions.Sqlite}, schema {versions.Schema})")));
        });
}

internal sealed record ProductVersions(string Holdfast, string Dotnet, string Sqlite, string Schema);

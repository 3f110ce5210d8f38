using System.Text.RegularExpressions;
using Holdfast.Cli.Tests.Commands;
using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>Ten migrators at once, and whoever works is killed (SIGKILL) at every step that it tells of.</summary>
public sealed partial class KilledMigratorsTests(Server server)
{
    private static readonly (string Name, string Sql)[] Files =
    [
        ("V1__t.sql", "create table t (id int, a int); insert into t select i, i from generate_series(1, 2000) i;"),
        ("V2__i.sql", "-- holdfast:transaction off\ninsert into t values (-1, -1);\ncreate index concurrently t_a on t (a);\ninsert into t values (-2, -2);"),
        ("V3__c.sql", "insert into t values (-3, -3);"),
        ("V4__u.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_id on t (id);\ndrop index concurrently t_a;\nreindex index concurrently t_id;"),
        ("R__v.sql", "create or replace view v as select count(*) as n from t;"),
    ];

    [Fact]
    public async Task everything_is_applied_exactly_once_and_no_invalid_index_is_left()
    {
        using var app = new OwnMigrations(server);
        await app.ProvidersAsync("main");
        foreach (var (name, sql) in Files) app.File(name, sql);

        var steps = new HashSet<string>(StringComparer.Ordinal);
        var errors = new List<string>();
        var gate = new Lock();
        async Task MigrateAsync()
        {
            // Whoever was killed is replaced, so that there are always ten.
            while (!await OneAsync()) { }
        }

        async Task<bool> OneAsync()
        {
            using var process = app.Holdfast.Start(["schema", "migrate", .. app.Options, "--lock-wait", "120"]);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var told = new List<string>();
            while (await process.StandardError.ReadLineAsync() is { } line)
            {
                told.Add(line);
                if (!Step().IsMatch(line)) continue;
                bool first;
                lock (gate) first = steps.Add(Step().Match(line).Value);
                if (first) process.Kill();
            }
            await process.WaitForExitAsync();
            await output;
            if (process.ExitCode == 137) return false;
            if (process.ExitCode != 0) lock (gate) errors.Add($"{process.ExitCode}: {string.Join('\n', told)}");
            return true;
        }

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(MigrateAsync)));
        Assert.True(errors.Count == 0, string.Join("\n\n", errors));
        Assert.True(steps.Count >= 15, string.Join('\n', steps));
        Task<T> AskAsync<T>(string sql) => PostgresServer.AskAsync<T>(app.Of("main"), sql);
        Assert.Equal(2003, await AskAsync<long>("select n from app.v"));
        Assert.Equal(0, await AskAsync<long>("select count(*) from pg_index where not indisvalid or not indisready"));
        Assert.Equal("t_id", await AskAsync<string>("select string_agg(c.relname, ',') from pg_class c where c.relkind = 'i' and c.relname like 't\\_%'"));
        Assert.Equal("V1__t.sql V2__i.sql V3__c.sql V4__u.sql R__v.sql", await AskAsync<string>("select string_agg(script, ' ' order by installed_rank) from app.schema_versions where state = 'applied' and last_statement = statements"));
        Assert.Equal(5, await AskAsync<long>("select count(*) from app.schema_versions"));
        Assert.Equal(0, await AskAsync<long>("select count(*) from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()"));
    }

    [GeneratedRegex(@"^\w+\.sql: (begins|goes on at statement \d|statement \d|applied)")]
    private static partial Regex Step();
}

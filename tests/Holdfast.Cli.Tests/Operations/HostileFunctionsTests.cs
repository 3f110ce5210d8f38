using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>
/// Who owns a database may make functions in <c>public</c> that fit a call better than the catalogue's own (CVE-2018-1058). An administrator
/// who runs a command there must not run them: each of them tells the server's log.
/// </summary>
public sealed class HostileFunctionsTests : IAsyncLifetime
{
    private const string Plant = """
        set role hostile;
        set search_path = pg_catalog;
        do $do$
        declare
          name text; one text; two text; three text;
          ones text[] := array['name', 'text', 'text[]', 'name[]', 'uuid[]', 'oid[]', 'bytea[]', 'smallint[]', 'integer[]', 'aclitem[]', 'regclass', 'regtype', '"char"', 'smallint', 'oid', 'json', 'uuid'];
          pairs text[] := array['name', 'text', 'text[]', 'oid', '"char"', 'integer'];
          few text[] := array['name', 'text', 'integer'];
        begin
          foreach name in array array['array_append', 'array_length', 'array_lower', 'array_position', 'array_remove', 'array_to_string', 'array_upper', 'cardinality', 'concat', 'concat_ws', 'convert_to', 'encode',
            'format', 'format_type', 'has_table_privilege', 'has_schema_privilege', 'hashtextextended', 'json_typeof', 'jsonb_build_object', 'left', 'length', 'lower', 'md5', 'num_nulls', 'pg_get_expr',
            'pg_has_role', 'pg_typeof', 'quote_ident', 'quote_literal', 'regexp_replace', 'repeat', 'replace', 'right', 'round', 'row_to_json', 'set_config', 'split_part', 'starts_with', 'strpos', 'substr',
            'to_json', 'to_jsonb', 'to_regclass', 'to_tsquery', 'to_tsvector', 'translate', 'trim', 'unnest', 'upper', 'uuid_hash_extended'] loop
            foreach one in array ones loop
              execute format('create function public.%I(%s) returns %s language plpgsql as $f$ begin raise log ''hostile %s(%s) as %%'', current_user; return %s; end $f$',
                name, one, case when name = 'unnest' then 'setof text' else 'text' end, name, one, case when name = 'unnest' then '' else 'null' end);
            end loop;
            foreach one in array pairs loop
              foreach two in array pairs loop
                execute format('create function public.%I(%s, %s) returns text language plpgsql as $f$ begin raise log ''hostile %s(%s, %s) as %%'', current_user; return null; end $f$', name, one, two, name, one, two);
              end loop;
            end loop;
            foreach one in array few loop
              foreach two in array few loop
                foreach three in array few loop
                  execute format('create function public.%I(%s, %s, %s) returns text language plpgsql as $f$ begin raise log ''hostile %s(%s, %s, %s) as %%'', current_user; return null; end $f$', name, one, two, three, name, one, two, three);
                end loop;
              end loop;
            end loop;
          end loop;
          foreach one in array array['name', '"char"', 'oid', 'integer', 'bigint', 'xid8', 'regclass'] loop
            execute format('create function public.hostile_joined(text, %s) returns text language plpgsql as $f$ begin raise log ''hostile text || %s as %%'', current_user; return null; end $f$', one, one);
            execute format('create operator public.|| (leftarg = text, rightarg = %s, function = public.hostile_joined)', one);
            execute format('create function public.hostile_joined(%s, text) returns text language plpgsql as $f$ begin raise log ''hostile %s || text as %%'', current_user; return null; end $f$', one, one);
            execute format('create operator public.|| (leftarg = %s, rightarg = text, function = public.hostile_joined)', one);
          end loop;
        end $do$
        """;

    private static readonly string[][] Commands =
    [
        ["schema", "plan"], ["schema", "migrate"], ["schema", "status"], ["schema", "drift"], ["schema", "constraint", "check"], ["schema", "constraint", "fix", "lives_state_check", "--yes"],
        ["schema", "index", "check"], ["schema", "index", "build", "own_idx", "--table", "lives", "--columns", "tenant_id", "--yes"],
        ["remember", "a lighthouse", "--session", "s"], ["recall", "lighthouse"], ["export"], ["status"], ["doctor"], ["provider", "show", "main"],
        ["access", "plan"], ["access", "apply", "--yes"], ["schema", "drift"], ["access", "apply", "--row-security", "--yes"], ["access", "verify"], ["forget", "--session", "s", "--yes"],
    ];

    private readonly HoldfastProgram _holdfast = new();
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _holdfast.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task no_command_runs_what_the_owner_of_the_database_has_put_into_public()
    {
        var database = await _server!.CreateDatabaseAsync("shop");
        await PostgresServer.ExecuteAsync(database, "create role hostile; alter database shop owner to hostile");
        await PostgresServer.ExecuteAsync(database, Plant);
        // The planted ones do tell.
        await PostgresServer.ExecuteAsync(database, "select quote_ident(relname), 'x' || relname from pg_class limit 1");
        foreach (var told in (string[])["hostile quote_ident(name) as holdfast", "hostile text || name as holdfast"])
            await Wait.UntilAsync(() => Told().Contains(told), $"the log says: {told}", details: () => string.Join('\n', Told()));
        var before = Told().Count;

        _holdfast.With("HOLDFAST_PROVIDER_MAIN", database);
        var answers = new List<string>();
        foreach (var command in Commands)
        {
            var known = Told().Count;
            var answer = await _holdfast.RunAsync(command);
            await EndAsync(database, answers.Count);
            answers.Add($"{string.Join(' ', command)}: {answer.Code}");
            if (answer.Code != 0) answers.Add($"  {answer.Errors}");
            if (Told().Skip(known).Distinct().ToList() is { Count: > 0 } told) answers.Add($"  {string.Join("\n  ", told)}");
        }
        TestContext.Current.SendDiagnosticMessage(string.Join('\n', answers));
        Assert.Equal([], Told().Skip(before).Distinct());
        // None was refused before it asked anything. What is ambiguous now may be an error of the server's, which harms nobody but him who asked for it.
        Assert.DoesNotContain(answers, answer => answer.EndsWith(": 2", StringComparison.Ordinal));
        Assert.Contains("access verify: 0", answers);
    }

    // What was said before has arrived when this has.
    private async Task EndAsync(string database, int number)
    {
        await PostgresServer.ExecuteAsync(database, $"do $$ begin raise log 'end {number}.'; end $$");
        await Wait.UntilAsync(() => _server!.Running.Log.Contains($"end {number}.", StringComparison.Ordinal), "the log was written");
    }

    private List<string> Told() => [.. _server!.Running.Log.Split('\n').Where(line => line.Contains("hostile ", StringComparison.Ordinal) && line.Contains("LOG:", StringComparison.Ordinal)).Select(line => line[line.IndexOf("hostile ", StringComparison.Ordinal)..])];
}

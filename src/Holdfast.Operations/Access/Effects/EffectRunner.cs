using System.Text.Json;
using Npgsql;

namespace Holdfast.Operations.Access.Effects;

/// <summary>Runs trials on a connection, each in a subtransaction that ends with an error whatever comes of it: nothing can stay.</summary>
internal static class EffectRunner
{
    // One round trip for all of them. What is tried comes as a parameter, and so does the answer go: DO has neither.
    private const string Trials = """
        do $do$
        declare
          trial text;
          results jsonb := '[]';
          state text; message text; mark text;
        begin
          for trial in select jsonb_array_elements_text(current_setting('holdfast.trials')::jsonb) loop
            begin
              execute trial;
              raise exception 'done' using errcode = 'HF000';
            exception when others then
              get stacked diagnostics state = returned_sqlstate, message = message_text, mark = constraint_name;
              results := results || jsonb_build_array(jsonb_build_array(state, message, mark));
            end;
          end loop;
          perform set_config('holdfast.results', results::text, true);
        end
        $do$
        """;

    public static async Task<IReadOnlyList<EffectCell>> RunAsync(NpgsqlConnection connection, string role, IReadOnlyList<EffectTrial> trials, CancellationToken cancellationToken)
    {
        await SetAsync(connection, "holdfast.trials", JsonSerializer.Serialize([.. trials.Select(trial => trial.Sql)], EffectJson.Default.StringArray), cancellationToken).ConfigureAwait(false);
        await AccessControl.ExecuteAsync(connection, Trials, cancellationToken).ConfigureAwait(false);
        var text = (await AccessState.QueryAsync(connection, "select current_setting('holdfast.results')", [], row => row.GetString(0), cancellationToken).ConfigureAwait(false))[0];
        var results = JsonSerializer.Deserialize(text, EffectJson.Default.StringArrayArray)!;
        return [.. trials.Zip(results, (trial, result) =>
        {
            var got = OutcomeOf(result[0], result[2]);
            return new EffectCell(role, trial.Operation, trial.Subject, trial.Expected, got, got == trial.Expected || got == EffectOutcome.Allowed ? "" : $"{result[1]} ({result[0]})") { IsLockWait = result[0] == PostgresErrorCodes.LockNotAvailable };
        })];
    }

    public static Task SetAsync(NpgsqlConnection connection, string name, string value, CancellationToken cancellationToken) =>
        AccessState.QueryAsync(connection, "select set_config($1, $2, true)", [name, value], row => row.IsDBNull(0), cancellationToken);

    private static EffectOutcome OutcomeOf(string state, string mark) => state switch
    {
        "HF000" => EffectOutcome.Allowed,
        "42501" => mark is DeleteGuard.Mark or RecordGuard.Mark ? EffectOutcome.Guarded : EffectOutcome.Refused,
        _ => EffectOutcome.Unknown,
    };
}

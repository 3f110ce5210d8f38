using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What the parts of one run share.</summary>
internal sealed record MigrationRun(MigrationTarget Target, MigrationSession Session, IProgress<MigrationEvent>? Progress)
{
    public NpgsqlConnection Connection => Session.Connection;

    /// <summary>Runs it until it does not meet a lock, and tells of each that it met.</summary>
    /// <param name="script">The file.</param>
    /// <param name="attempt">One try; it must leave nothing behind when it throws.</param>
    /// <param name="blockers">Who was in the way, as far as it was seen.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<LockTries<bool>> RetryAsync(string script, Func<CancellationToken, Task> attempt, Func<string?> blockers, CancellationToken cancellationToken)
    {
        var options = Target.Options;
        var retry = new LockRetry(Target.Time) { TriesMax = options.TriesMax, PauseMin = options.RetryDelayMin, PauseMax = options.RetryDelayMax, TimeMax = options.TryTimeMax, Jitter = options.Jitter };
        return retry.RunAsync(async () =>
        {
            await attempt(cancellationToken).ConfigureAwait(false);
            return true;
        }, met =>
        {
            if (met.Pause is { } pause)
                Tell(MigrationEventKind.Blocked, script, $"try {met.Try} of {options.TriesMax}: {met.Error.MessageText}; {blockers() ?? "who holds the lock was not seen"}; again in {pause.TotalSeconds:0.0} s");
            return Task.CompletedTask;
        }, cancellationToken);
    }

    public void Tell(MigrationEventKind kind, string script, string text) => Progress?.Report(new MigrationEvent(kind, script, text));

    /// <summary>
    /// Gives a file the settings that a new session has, whatever the file before it set, and its limits. In a transaction they end with it.
    /// </summary>
    /// <param name="lockTimeout">How long it may wait for a lock; zero: without end.</param>
    /// <param name="statementTimeout">How long a statement may take; zero: without end.</param>
    /// <param name="local">True: until the transaction ends.</param>
    /// <param name="settings">What the file itself has set so far.</param>
    /// <param name="limitsHold">True: these limits, whatever <paramref name="settings"/> say of them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task SetAsync(TimeSpan lockTimeout, TimeSpan statementTimeout, bool local, IReadOnlyList<string> settings, bool limitsHold, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(Connection)
        {
            BatchCommands =
            {
                new("reset all"), new(Session.Owner is { } owner ? $"set role {owner}" : "reset role"),
                Limits(),
                new("""
                    -- What the guard has read must be what the server reads, whatever a role or a database has for a default.
                    select set_config('standard_conforming_strings', 'on', $1),
                      case when version() like '%linux%' then set_config('client_connection_check_interval', '2s', $1) end,
                      case when $2::text is not null then set_config('search_path', concat_ws(', ', $2, nullif(current_setting('search_path'), '')), $1) end
                    """)
                {
                    // Names without a schema mean that of the history, in a directory of the user's own.
                    Parameters = { new() { Value = local }, new() { Value = Target.Set.IsShipped ? DBNull.Value : Target.Schema } },
                },
            },
        };
        await using var _ = batch.ConfigureAwait(false);
        foreach (var setting in settings) batch.BatchCommands.Add(new(setting));
        if (limitsHold) batch.BatchCommands.Add(Limits());
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);

        NpgsqlBatchCommand Limits() => new("select set_config('lock_timeout', $1, $3), set_config('statement_timeout', $2, $3)")
        {
            Parameters = { new() { Value = Milliseconds(lockTimeout) }, new() { Value = Milliseconds(statementTimeout) }, new() { Value = local } },
        };
    }

    public Task SetAsync(PreparedFile file, bool local, CancellationToken cancellationToken) => SetAsync(file, local, [], cancellationToken);

    public Task SetAsync(PreparedFile file, bool local, IReadOnlyList<string> settings, CancellationToken cancellationToken) =>
        SetAsync(file.Directives.LockTimeout ?? Target.Options.LockTimeout, file.Directives.StatementTimeout ?? Target.Options.StatementTimeout, local, settings, limitsHold: false, cancellationToken);

    /// <summary>Runs one statement, without a limit but the server's.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // A batch, because its text goes to the server as it is.
        var batch = new NpgsqlBatch(Connection) { BatchCommands = { new(sql) }, Timeout = 0 };
        await using var _ = batch.ConfigureAwait(false);
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Milliseconds(TimeSpan time) => FormattableString.Invariant($"{(long)time.TotalMilliseconds}ms");
}

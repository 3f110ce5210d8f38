using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Drops one index of one server while readers and writers go on; never one that something stands on.</summary>
internal sealed class IndexDrop(NpgsqlConnectionStringBuilder settings, string schema, string name, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>How long to wait for a migration or a build: one minute.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What would be run; changes nothing.</summary>
    /// <exception cref="SchemaException">Something stands on it.</exception>
    /// <exception cref="UnknownIndexException">There is none of that name.</exception>
    public Task<IndexChange> PlanAsync(CancellationToken cancellationToken) => RunAsync(execute: false, cancellationToken);

    /// <exception cref="SchemaException">Something stands on it; nothing was changed.</exception>
    /// <exception cref="UnknownIndexException">There is none of that name.</exception>
    /// <exception cref="SchemaVerificationException">It is still there.</exception>
    public Task<IndexChange> RunAsync(CancellationToken cancellationToken) => RunAsync(execute: true, cancellationToken);

    private async Task<IndexChange> RunAsync(bool execute, CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(settings, "holdfast schema index drop", null, cancellationToken, schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        try
        {
            if (!execute) return await ChangeAsync(session, cancellationToken).ConfigureAwait(false);
            await WritesOff.RefuseAsync(session, cancellationToken).ConfigureAwait(false);
            await MigrationLock.TakeAsync(session.Connection, LockWaitMax, _time, cancellationToken).ConfigureAwait(false);
            try
            {
                var change = await ChangeAsync(session, cancellationToken).ConfigureAwait(false);
                var started = _time.GetTimestamp();
                foreach (var sql in change.Statements) await session.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
                await AssertAsync(session.Identity, cancellationToken).ConfigureAwait(false);
                return change with { Milliseconds = _time.GetElapsedTime(started).TotalMilliseconds };
            }
            finally
            {
                if (session.Connection.State == System.Data.ConnectionState.Open) await MigrationLock.ReleaseAsync(session.Connection).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw session.Translate(e);
        }
    }

    private async Task<IndexChange> ChangeAsync(ControlSession session, CancellationToken cancellationToken)
    {
        var here = await IndexReader.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false);
        var index = here.Live.FirstOrDefault(live => live.Name == name)
            ?? throw new UnknownIndexException($"{session.Target}: {schema} has no index {name}.", "holdfast schema index check");
        if (IndexJudgement(here, index) is { } refusal) throw new SchemaException($"{session.Target}: {name} is not dropped: {refusal}. Nothing was changed.");
        return new IndexChange(session.Target, name, [$"drop index concurrently {index.QualifiedName}"], await OldTransactions.ReadAsync(session, cancellationToken).ConfigureAwait(false))
        {
            Again = IndexStatement.TryRead(index.Definition, out var statement) ? statement.Concurrently : index.Definition,
        };
    }

    /// <summary>Why an index is not dropped; null when it may be.</summary>
    internal static string? IndexJudgement(SchemaIndexes here, LiveIndex index)
    {
        if (index.IsPrimary || index.Constraint is not null || index.IsReplicaIdentity || index.IsPartitioned) return index.KeptBy;
        if (index.IsBeingBuilt) return "somebody is building it right now";
        if (!index.IsValid) return null;
        if (IndexJudge.TwinOf(here, index) is not null) return null;
        if (index.IsUnique) return index.KeptBy;
        return IndexJudge.IsDeclared(here, index) ? $"{here.Declared.First(declared => declared.Name == index.Name).Script} declares it; a migration has to drop it" : null;
    }

    private async Task AssertAsync(ServerIdentity identity, CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(settings, "holdfast schema index drop", identity, cancellationToken, schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        if ((await IndexReader.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false)).Live.Any(live => live.Name == name))
            throw new SchemaVerificationException($"{session.Target}: {name} is still there after it was dropped. Run the command again.");
    }
}

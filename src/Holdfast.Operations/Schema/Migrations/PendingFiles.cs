using Holdfast.Operations.Schema.Sessions;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Brings a locked server up to date, file by file, and reads again what it left.</summary>
internal sealed class PendingFiles(MigrationRun run)
{
    private MigrationTarget Target => run.Target;

    public async Task<IReadOnlyList<MigrationStep>> ApplyAsync(CancellationToken cancellationToken)
    {
        // Read after the lock was taken: somebody else may just have done it.
        var rows = await Target.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false);
        var plan = Target.Plan(rows);
        if (plan.Unfinished is { } unfinished && (unfinished.State == "failed" || unfinished.Kind == "U"))
            throw new SchemaException($"{Target.Name}: {unfinished.Script} {(unfinished.State == "failed" ? "failed" : "was cut")} at statement {unfinished.LastStatement + 1} of {unfinished.Statements}{(unfinished.Error is { } error ? $": {error}" : ".")} Go on with it first: holdfast schema resume");
        DestructiveGuard.Check(plan.Pending, Target.Options);
        var applied = new List<MigrationStep>();
        if (plan.Unfinished is not null)
        {
            // Nobody but this session has the lock: whoever began is gone.
            applied.Add(await ResumeAsync(plan.Unfinished, rows, cancellationToken).ConfigureAwait(false));
            rows = await Target.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false);
            plan = Target.Plan(rows);
        }
        if (plan.Pending.Count > 0 && !Target.Set.IsShipped) await Target.History.CreateAsync(run.Connection, cancellationToken).ConfigureAwait(false);
        var chain = HistoryChain.End(rows);
        foreach (var file in plan.Pending)
        {
            if (file.File.Version is { } version) chain = Stores.Migrations.Migration.ChainHash(chain, version.Text, file.File.Checksum);
            run.Tell(MigrationEventKind.Started, file.File.Script, "begins");
            var step = await ApplyAsync(file, chain, null, cancellationToken).ConfigureAwait(false);
            run.Tell(MigrationEventKind.Applied, file.File.Script, FormattableString.Invariant($"applied in {step.DurationMs} ms{(step.Retries > 0 ? $", tried {step.Retries + 1} times" : "")}"));
            applied.Add(step);
        }
        await VerifyAsync(chain, cancellationToken).ConfigureAwait(false);
        return applied;
    }

    public async Task<MigrationStep?> ResumeAsync(CancellationToken cancellationToken)
    {
        var rows = await Target.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false);
        return Target.Plan(rows).Unfinished is { } unfinished ? await ResumeAsync(unfinished, rows, cancellationToken).ConfigureAwait(false) : null;
    }

    private async Task<MigrationStep> ResumeAsync(HistoryRow row, IReadOnlyList<HistoryRow> rows, CancellationToken cancellationToken)
    {
        var file = MigrationPlan.FileOf(row, Target.Set, Target.Name).Prepare(Target.Schema);
        if (row.Kind != "U") DestructiveGuard.Check([file], Target.Options);
        run.Tell(MigrationEventKind.Started, file.File.Script, FormattableString.Invariant($"goes on at statement {row.LastStatement + 1} of {file.Statements}"));
        if (row.Kind == "U") return await UndoneFile.ResumeAsync(run, file, row, cancellationToken).ConfigureAwait(false);
        // Not the chain that was written when it began: a repair may have changed it since.
        var chain = file.File.Version is { } version ? Stores.Migrations.Migration.ChainHash(HistoryChain.End(rows), version.Text, file.File.Checksum) : HistoryChain.End(rows);
        var step = await ApplyAsync(file, chain, row, cancellationToken).ConfigureAwait(false);
        run.Tell(MigrationEventKind.Applied, file.File.Script, FormattableString.Invariant($"applied in {step.DurationMs} ms"));
        return step;
    }

    private Task<MigrationStep> ApplyAsync(PreparedFile file, string chain, HistoryRow? begun, CancellationToken cancellationToken)
    {
        var remark = DestructiveGuard.Remark(file, Target.Options);
        if (file.Directives.Transactional)
            return new TransactionalFile(run, file)
            {
                Record = (startedAt, waited, took, token) => Target.History.InsertAsync(run.Connection,
                    NewHistoryRow.Of(file, chain, "applied", remark, startedAt) with { FinishedAt = Target.Time.GetUtcNow(), LockWaitMs = waited, DurationMs = took }, token),
            }.ApplyAsync(cancellationToken);
        return new StatementwiseFile(run, file)
        {
            Remark = remark,
            Finish = (rank, said, waited, took, token) => Target.History.FinishAsync(run.Connection, rank, chain, "applied", said, Target.Time.GetUtcNow(), waited, took, token),
        }.ApplyAsync(begun, cancellationToken);
    }

    private async Task VerifyAsync(string chain, CancellationToken cancellationToken)
    {
        var rows = await Target.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false);
        var after = Target.Plan(rows);
        if (after.Unfinished is not null || after.Pending.Count > 0 || HistoryChain.End(rows) != chain)
            throw new SchemaVerificationException($"{Target.Name}: the run ended and {(after.Pending.Count > 0 ? after.Pending[0].File.Script : after.Unfinished?.Script ?? "the history")} is not as it should be when read again. Look at 'holdfast schema history'.");
        if (Target.Set.IsShipped && !after.IsPartial && await CatalogueCheck.MissingAsync(run.Connection, Target.Schema, cancellationToken).ConfigureAwait(false) is { } missing)
            throw new SchemaVerificationException($"{Target.Name}: every migration is applied, and {missing}.");
    }
}

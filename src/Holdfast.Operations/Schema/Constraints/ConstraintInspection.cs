using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>Looks at every CHECK of one server; changes nothing.</summary>
internal sealed class ConstraintInspection(NpgsqlConnectionStringBuilder settings, string schema)
{
    private readonly string _schema = SchemaName.Check(schema);

    /// <param name="countRows">Also count the rows that break a check, where no validated one rules that out.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<CheckStatus>> RunAsync(bool countRows, CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(settings, "holdfast schema constraint check", null, cancellationToken, _schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        try
        {
            return await ReadAsync(session, _schema, countRows, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw session.Translate(e);
        }
    }

    public static async Task<IReadOnlyList<CheckStatus>> ReadAsync(ControlSession session, string schema, bool countRows, CancellationToken cancellationToken)
    {
        var (tables, live) = await CheckReader.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false);
        var statuses = CheckComparison.Run(tables, live).ToList();
        for (var i = 0; countRows && i < statuses.Count; i++)
        {
            if (statuses[i].State is CheckState.NoTable or CheckState.WithoutEnum) continue;
            var expected = ExpectedCheck.All.Single(check => check.Name == statuses[i].Name && check.Table.Name == statuses[i].Table);
            statuses[i] = statuses[i] with { Violations = RulesOut(expected, CheckSet.Of(expected, live)) ? RowViolations.None : await RowViolations.CountAsync(session, schema, expected, cancellationToken).ConfigureAwait(false) };
        }
        return statuses;
    }

    /// <summary>True when a validated check lets in nothing but what the code writes: then no row can break it, and none is read.</summary>
    public static bool RulesOut(ExpectedCheck expected, CheckSet live) => live.All.Any(check =>
        check is { IsValidated: true, IsEnforced: true, IsOpen: false, Accepted: { } accepted } && accepted.All(expected.Values.Contains));
}

using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Looks at the indexes of one server; changes nothing.</summary>
internal sealed class IndexInspection(NpgsqlConnectionStringBuilder settings, string schema)
{
    public async Task<SchemaIndexes> RunAsync(CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(settings, "holdfast schema index check", null, cancellationToken, schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        try
        {
            return await IndexReader.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw session.Translate(e);
        }
    }
}

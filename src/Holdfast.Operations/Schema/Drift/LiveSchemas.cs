using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What is on a server before a replay: none of it may be changed by that.</summary>
/// <param name="Oids">Every schema of people, the one that is compared too.</param>
/// <param name="Others">The names of all but that one, each with how the server writes it.</param>
/// <param name="Extended">Functions, types, operators and operator classes of extensions that live in the one that is compared.</param>
internal sealed record LiveSchemas(IReadOnlyList<uint> Oids, IReadOnlyDictionary<string, string> Others, IReadOnlySet<string> Extended)
{
    private const string Schemas = "select oid, nspname::text, quote_ident(nspname) from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'";

    private const string Members = """
        select distinct x.name from pg_namespace n join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
          cross join lateral (select proname::text from pg_proc where d.classid = 'pg_proc'::regclass and oid = d.objid and pronamespace = n.oid
            union all select typname::text from pg_type where d.classid = 'pg_type'::regclass and oid = d.objid and typnamespace = n.oid
            union all select opcname::text from pg_opclass where d.classid = 'pg_opclass'::regclass and oid = d.objid and opcnamespace = n.oid
            union all select oprname::text from pg_operator where d.classid = 'pg_operator'::regclass and oid = d.objid and oprnamespace = n.oid) x(name)
        where n.nspname = $1 and not exists (select from pg_class c where c.relnamespace = n.oid and c.relname = x.name)
        """;

    public static async Task<LiveSchemas> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var (oids, others, extended) = (new List<uint>(), new Dictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Schemas), new(Members) { Parameters = { new() { Value = schema } } } } };
        await using var _ = batch.ConfigureAwait(false);
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            oids.Add(reader.GetFieldValue<uint>(0));
            if (reader.GetString(1) is var name && name != schema) others.Add(name, reader.GetString(2));
        }
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) extended.Add(reader.GetString(0));
        return new LiveSchemas(oids, others, extended);
    }
}

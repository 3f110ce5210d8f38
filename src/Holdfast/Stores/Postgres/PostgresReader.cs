using System.Data.Common;
using Npgsql;

namespace Holdfast.Stores.Postgres;

internal sealed class PostgresReader(NpgsqlDataReader data) : StoreReader
{
    public override DbDataReader Data => data;

    public override Guid Uuid(int column) => data.GetGuid(column);

    public override DateTimeOffset Time(int column) => new(data.GetDateTime(column), TimeSpan.Zero);
}

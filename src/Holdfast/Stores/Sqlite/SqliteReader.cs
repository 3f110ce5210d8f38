using System.Data.Common;
using Holdfast.Rows;
using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

internal sealed class SqliteReader(SqliteDataReader data) : StoreReader
{
    public override DbDataReader Data => data;

    public override Guid Uuid(int column) => new(data.GetFieldValue<byte[]>(column), bigEndian: true);

    public override DateTimeOffset Time(int column) => Timestamps.FromUnixMicroseconds(data.GetInt64(column));
}

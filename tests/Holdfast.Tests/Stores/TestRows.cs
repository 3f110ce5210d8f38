using Holdfast.Rows;

namespace Holdfast.Tests.Stores;

/// <summary>Makes rows of one tenant.</summary>
internal sealed class TestRows(string tenantId)
{
    public string TenantId => tenantId;

    public Clock Clock { get; } = new();

    public Row Message(string text, string? key = null, string? user = "ann", string? session = "s", Stamp? stamp = null) =>
        new RowDraft(Tables.SessionMemories, ["message_user", null, JsonContent.OfText("content", text), null])
        {
            UserId = user,
            SessionId = session,
            Key = key,
        }.ToRow(tenantId, stamp ?? Clock.Next(), Clock.Now);

    public Row Revision(string key, string value, Stamp? @base = null, Stamp? stamp = null) =>
        new RegisterDraft(Tables.Settings, key, $$"""{"category":"c","name":{{JsonText.Quote(key)}},"value":{{value}}}""")
            .ToRow(tenantId, stamp ?? Clock.Next(@base ?? Stamp.None), @base, Clock.Now);

    public Row Erasure(Stamp through, string? user = null, string? session = null) =>
        new RowDraft(Tables.Erasures, [through.Value]) { UserId = user, SessionId = session }.ToRow(tenantId, Clock.Next(through), Clock.Now);

    /// <summary>A row that has a value in every column.</summary>
    public Row Full(Table table) => new RowDraft(table, [.. table.Own.Select(Sample)])
    {
        UserId = "användare",
        SessionId = "session '\"\\ 1",
        Key = $"key of {table.Name} 🗝",
        OccurredAt = new DateTimeOffset(1999, 12, 31, 23, 59, 59, TimeSpan.FromHours(5)).AddTicks(1_234_560),
    }.ToRow(tenantId, Clock.Next(), Clock.Now);

    private object? Sample(Column column) => column switch
    {
        // A revision or a conflict of no table: what it names need not be there.
        { Name: "target_table" } => "settings",
        { Allowed: { } allowed } => allowed[^1],
        { Type: ColumnType.Text } => $"{column.Name} with ' \" \\ 🙂 שלום",
        { Type: ColumnType.Json } => """{"b":[1.0,-0,1e400,null,true],"a":"\n\"\\\u0001 🙂","a":{}}""",
        { Type: ColumnType.Uuid } => Clock.Next().Value,
        { Type: ColumnType.Timestamp } => Timestamps.Min,
        { Type: ColumnType.Integer } => long.MinValue,
        { Type: ColumnType.Real } => Math.PI,
        { Type: ColumnType.Boolean } => true,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "has no sample."),
    };
}

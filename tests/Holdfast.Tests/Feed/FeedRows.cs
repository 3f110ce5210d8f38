using Holdfast.Rows;

namespace Holdfast.Tests.Feed;

/// <summary>Rows for feed tests, each stamped above the one before; safe for any number of threads.</summary>
internal sealed class FeedRows
{
    private readonly Clock _clock = new();

    public Row Message(string? key = null, string tenantId = "t") => Message(_clock.Next(), key, tenantId);

    public Row Message(Stamp stamp, string? key, string tenantId = "t") =>
        new RowDraft(Tables.SessionMemories, ["message_user", null, JsonText.Quote($"said at {stamp}"), null]) { SessionId = "s", Key = key }.ToRow(tenantId, stamp, _clock.Now);

    public Stamp Stamp() => _clock.Next();

    public Row Revision(string content, string key = "k", string tenantId = "t") =>
        new RegisterDraft(Tables.Settings, key, content).ToRow(tenantId, _clock.Next(), null, _clock.Now);
}

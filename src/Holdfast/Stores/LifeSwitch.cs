using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Stores;

/// <summary>
/// Deletes and restores. A life is a register of its own, apart from the content, so that an edit made elsewhere at the same
/// time cannot raise the dead; it carries no user, so that an erase does not raise them either.
/// </summary>
internal static class LifeSwitch
{
    public static async Task SetAsync(MemoryWriter writer, Table table, string key, string? sessionId, LifeState state, CancellationToken cancellationToken)
    {
        var life = RegisterKey.Join(table.Name, key);
        var current = await RegisterQueries.ReadAsync(writer.Store, Tables.Lives, writer.TenantId, life, cancellationToken).ConfigureAwait(false);
        var content = JsonContent.Object(
            ("target_table", JsonText.Quote(table.Name)), ("target_key", JsonText.Quote(key)),
            ("target_session", sessionId is null ? null : JsonText.Quote(sessionId)), ("state", JsonText.Quote(EnumText<LifeState>.Of(state))));
        await writer.ReviseAsync(new RegisterDraft(Tables.Lives, life, content), current?.Revision, cancellationToken).ConfigureAwait(false);
    }
}

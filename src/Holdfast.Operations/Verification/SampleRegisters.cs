using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Operations.Verification;

/// <summary>A knowledge atom and a setting, written and found by the queries that an agent uses. They belong to the sample's session and are emptied with it.</summary>
internal static class SampleRegisters
{
    private const string Category = "verify";

    private static readonly Statement Atoms = new("select key, content from {knowledge_atoms} where tenant_id = $1 and manufacturer = $2 and atom_type = 'fault' order by key");

    public static async Task<string> CheckAsync(AgentMemory memory, string session, CancellationToken cancellationToken)
    {
        var (writer, store) = (memory.Writer, memory.Writer.Store);
        var atom = JsonContent.Object(("atom_type", JsonText.Quote("fault")), ("title", JsonText.Quote("overheats")), ("manufacturer", JsonText.Quote(session)), ("difficulty", JsonText.Quote("expert")));
        await writer.ReviseAsync(new RegisterDraft(Tables.KnowledgeAtoms, session, atom) { SessionId = session }, null, cancellationToken).ConfigureAwait(false);
        var found = await store.QueryAsync(Atoms, [writer.TenantId, session], row => (Key: row.Text(0), Content: row.TextOrNull(1)), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (found is not [{ } only] || only.Key != session || only.Content != atom) throw new VerificationFailedException($"one knowledge atom was written, the query finds {found.Count}, or another content");

        var setting = JsonContent.Object(("category", JsonText.Quote(Category)), ("name", JsonText.Quote(session)), ("value", "true"));
        await writer.ReviseAsync(new RegisterDraft(Tables.Settings, RegisterKey.Join(Category, session), setting) { SessionId = session }, null, cancellationToken).ConfigureAwait(false);
        if (await memory.Settings.GetAsync(Category, session, cancellationToken).ConfigureAwait(false) is not { Value.ValueKind: System.Text.Json.JsonValueKind.True })
            throw new VerificationFailedException("a setting was written and is not read back as it was");
        if (!await SettingQueries.ListAsync(store, writer.TenantId, Category, row => row.Text(1), cancellationToken).ContainsAsync(setting, cancellationToken: cancellationToken).ConfigureAwait(false))
            throw new VerificationFailedException("a setting was written and is not in its category's list");
        return "one knowledge atom, one setting";
    }
}

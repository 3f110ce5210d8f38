using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Operations.Verification;

/// <summary>A session of several kinds of content, with times that only an exact store keeps.</summary>
internal sealed class SampleSession
{
    private static readonly Statement Left = new("select count(*) from {session_memories} where tenant_id = $1 and session_id = $2 and content is not null");

    private static readonly (MemoryType Type, string Json)[] Said =
    [
        (MemoryType.MessageUser, "\"Ich nähme lieber den Zug – 列車 🚆\""),
        (MemoryType.MessageAssistant, "\"\""),
        (MemoryType.Decision, """{"take":"train","price":12.50,"seats":[1,2]}"""),
        (MemoryType.MessageTool, "\"line one\\nline two\\t\\u2028\""),
        (MemoryType.Summary, "\"to Lisbon by train\""),
    ];

    private readonly List<(Guid Id, DateTimeOffset At)> _saved = [];

    public string Id { get; } = $"verify_{new Clock().Next()}";

    public async Task<string> SaveAsync(AgentMemory memory, CancellationToken cancellationToken)
    {
        var session = await memory.OpenSessionAsync(Id, cancellationToken: cancellationToken).ConfigureAwait(false);
        var at = memory.Writer.Clock.Now;
        for (var i = 0; i < Said.Length; i++)
        {
            // Backwards and a microsecond apart: order is of stamps, time is kept as it was given.
            var occurred = at.AddTicks(-10 * i - 10);
            var receipt = await session.RecordAsync(Said[i].Type, JsonElement.Parse(Said[i].Json), new AppendOptions { OccurredAt = occurred }, cancellationToken).ConfigureAwait(false);
            if (receipt.Outcome != AppendOutcome.Stored) throw new VerificationFailedException($"a new row was answered as {receipt.Outcome}");
            _saved.Add((receipt.Id, occurred));
        }
        return $"{Said.Length} rows in tenant {Verifier.Tenant}";
    }

    public async Task<string> CompareAsync(AgentMemory memory, CancellationToken cancellationToken)
    {
        var session = await memory.ResumeSessionAsync(Id, cancellationToken).ConfigureAwait(false) ?? throw new VerificationFailedException($"session {Id} was saved and is not found");
        var loaded = await session.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (loaded.Count != Said.Length) throw new VerificationFailedException($"{Said.Length} rows were saved, {loaded.Count} are loaded");
        for (var i = 0; i < Said.Length; i++)
        {
            if (loaded[i].Id != _saved[i].Id) throw new VerificationFailedException($"row {i + 1} stands at another place");
            if (loaded[i].Type != Said[i].Type || JsonElement.DeepEquals(loaded[i].Content, JsonElement.Parse(Said[i].Json)) is false)
                throw new VerificationFailedException($"row {i + 1} was saved as {Said[i].Type} {Said[i].Json} and is loaded as {loaded[i].Type} {loaded[i].ContentJson}");
            if (loaded[i].OccurredAt != _saved[i].At) throw new VerificationFailedException($"row {i + 1} was saved with {_saved[i].At:O} and is loaded with {loaded[i].OccurredAt:O}");
        }
        return $"{loaded.Count} rows, order and time to the microsecond";
    }

    public async Task<string> DeleteAsync(AgentMemory memory, CancellationToken cancellationToken)
    {
        await memory.DeleteSessionAsync(Id, cancellationToken).ConfigureAwait(false);
        return await memory.ResumeSessionAsync(Id, cancellationToken).ConfigureAwait(false) is null
            ? "it is hidden from reads" : throw new VerificationFailedException("it was deleted and is still found");
    }

    public async Task<string> EmptyAsync(AgentMemory memory, CancellationToken cancellationToken)
    {
        await memory.ForgetSessionAsync(Id, cancellationToken).ConfigureAwait(false);
        var left = await memory.Writer.Store.QueryAsync(Left, [memory.TenantId, Id], row => row.Integer(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
        return left == 0 ? $"session {Id} of tenant {Verifier.Tenant} has no content any more" : throw new VerificationFailedException($"{left} rows still have content");
    }
}

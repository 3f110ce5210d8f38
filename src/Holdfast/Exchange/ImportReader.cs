using System.Text.Json;
using System.Text.Unicode;
using System.Threading.Channels;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Reads a source through and hands its rows on in batches.</summary>
internal sealed class ImportReader(Stream source, ImportOptions options, string ownTenantId, ImportRejects rejects, ChannelWriter<ImportBatch> batches)
{
    private static readonly List<(ReadOnlyMemory<byte>, SourceMessage)> None = [];

    private readonly LineReader _lines = new(source, options.LineBytesMax);
    private readonly LineParser _parser = new(options);
    private readonly Placement _placement = new(options.TenantId ?? ownTenantId, options.CreatedAt ?? DateTimeOffset.UnixEpoch);
    private readonly MemberScan _members = new();
    private ImportBatch _batch = new();

    public long Bytes => _lines.Bytes;

    public IReadOnlyList<string> Ignored => _parser.Ignored;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var more = await _lines.FillAsync(cancellationToken).ConfigureAwait(false);
            if (more && SourceForm.IsDocument(_lines.Ahead.Span)) await DocumentAsync(cancellationToken).ConfigureAwait(false);
            await LinesAsync(cancellationToken).ConfigureAwait(false);
            await HandOnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            batches.Complete();
        }
    }

    private async Task LinesAsync(CancellationToken cancellationToken)
    {
        do
        {
            while (_lines.TryNext())
            {
                if (_lines.Line.Length > options.LineBytesMax)
                    await RejectAsync(_lines.Line, (null, ImportRejects.TooLong(_lines.Line.Length, options)), cancellationToken).ConfigureAwait(false);
                else if (_lines.Line.Length > 0)
                    await LineAsync(_lines.Line, cancellationToken).ConfigureAwait(false);
                if (_batch.IsFull) await HandOnAsync(cancellationToken).ConfigureAwait(false);
            }
            if (_lines.IsTooLong)
            {
                await rejects.AddTooLongAsync(_lines, cancellationToken).ConfigureAwait(false);
                _batch.Rejected++;
            }
        }
        while (await _lines.FillAsync(cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask DocumentAsync(CancellationToken cancellationToken)
    {
        if (await _lines.RestAsync(SourceForm.DocumentBytesMax, cancellationToken).ConfigureAwait(false) is null) return;
        _lines.TakeRest();
        await LineAsync(_lines.Line, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask LineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (Try(line, null, out var messages) is { } refusal) await RejectAsync(line, refusal, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < messages.Count; i++)
        {
            var (json, owner) = messages[i];
            if (Try(json, owner, out _) is var (field, problem))
                await RejectAsync(json, (FormattableString.Invariant($"messages[{i}]{(field is null ? "" : ".")}{field}"), problem), cancellationToken).ConfigureAwait(false);
            if (_batch.IsFull) await HandOnAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a line, or answers with the messages that it has.</summary>
    private List<(ReadOnlyMemory<byte>, SourceMessage)> Line(ReadOnlyMemory<byte> line)
    {
        if (!Utf8.IsValid(line.Span)) throw new JsonException("it has bytes that are no UTF-8.");
        if (line.Span[0] == '[') return Messages(line, _parser.Owner(null));
        _members.Scan(line);
        if (_members.Has(LineMember.Messages) && !_members.Has(LineMember.Role) && !_members.Has(LineMember.MemoryType)) return Messages(_members.Memory(LineMember.Messages), _parser.Owner(_members));
        Take(_parser.Line(_members));
        return None;
    }

    private void Message(ReadOnlyMemory<byte> json, SourceMessage owner)
    {
        _members.Scan(json);
        Take(_parser.Message(_members, owner));
    }

    private void Take(SourceMessage message)
    {
        if (options.TenantId is null && message.TenantId is { } tenantId && tenantId != ownTenantId)
            throw new InvalidInputException("tenant_id", $"'{tenantId}' is not the tenant that is imported into ('{ownTenantId}'); open that one, or say that all lines go to one tenant.");
        var row = _placement.Place(message, out var isNewSession);
        _batch.Add(row, _lines.Number);
        if (isNewSession && !message.IsSession) _batch.NewSessions.Add(Placement.Implied(row.TenantId, row.SessionId!, row.UserId, row.OccurredAt));
    }

    private static List<(ReadOnlyMemory<byte>, SourceMessage)> Messages(ReadOnlyMemory<byte> array, SourceMessage owner)
    {
        var reader = new Utf8JsonReader(array.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw new InvalidInputException("messages", $"is {MemberScan.Article(reader.TokenType)}; it must be an array of messages.");
        var messages = new List<(ReadOnlyMemory<byte>, SourceMessage)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            messages.Add((array[start..(int)reader.BytesConsumed], owner));
        }
        reader.Read();
        return messages;
    }

    /// <summary>Takes a line, or a message of an owner; why it was refused, or null. A line may answer with messages instead.</summary>
    private (string? Field, string Problem)? Try(ReadOnlyMemory<byte> json, SourceMessage? owner, out List<(ReadOnlyMemory<byte>, SourceMessage)> messages)
    {
        messages = None;
        try
        {
            if (owner is null) messages = Line(json);
            else Message(json, owner);
            return null;
        }
        catch (InvalidInputException e)
        {
            return (e.Field, e.Message[(e.Field.Length + 2)..]);
        }
        catch (JsonException e)
        {
            return (null, $"is no JSON that can be read: {e.Message}");
        }
    }

    private async ValueTask RejectAsync(ReadOnlyMemory<byte> copy, (string? Field, string Problem) refusal, CancellationToken cancellationToken)
    {
        await rejects.AddAsync(copy, _lines.Number, refusal.Field, refusal.Problem, cancellationToken).ConfigureAwait(false);
        _batch.Rejected++;
    }

    private async ValueTask HandOnAsync(CancellationToken cancellationToken)
    {
        _batch.Bytes = _lines.Bytes;
        await batches.WriteAsync(_batch, cancellationToken).ConfigureAwait(false);
        _batch = new ImportBatch();
    }
}

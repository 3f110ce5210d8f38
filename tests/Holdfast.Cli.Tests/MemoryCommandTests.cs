using System.Text.Json;
using Holdfast.Operations.Schema;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests;

public sealed class MemoryCommandTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public Task what_was_remembered_is_recalled_shown_deleted_and_restored_on_the_local_file() => RememberAndRecallAsync();

    [Fact]
    public async Task what_was_remembered_is_recalled_shown_deleted_and_restored_on_a_server()
    {
        await using var server = await PostgresServer.StartAsync();
        _holdfast.Environment["HOLDFAST_PROVIDER_MAIN"] = await server.CreateDatabaseAsync();
        var missing = await _holdfast.RunAsync("status");
        Assert.Equal(4, missing.ExitCode);
        Assert.Contains("holdfast schema migrate", missing.Errors, StringComparison.Ordinal);

        var planned = await _holdfast.ResultAsync("schema", "migrate", "--dry-run");
        Assert.NotEmpty(planned.GetProperty("steps").EnumerateArray());
        Assert.Equal(4, (await _holdfast.RunAsync("status")).ExitCode);
        Assert.Equal(planned.GetProperty("steps").GetArrayLength(), (await _holdfast.ResultAsync("schema", "migrate")).GetProperty("steps").GetArrayLength());
        Assert.Empty((await _holdfast.ResultAsync("schema", "migrate")).GetProperty("steps").EnumerateArray());

        await RememberAndRecallAsync();
        Assert.Equal("main", (await _holdfast.ResultAsync("status")).GetProperty("provider").GetString());
        Assert.Empty((await _holdfast.ResultAsync("session", "list", "--provider", "local")).EnumerateArray());
    }

    private async Task RememberAndRecallAsync()
    {
        var first = await _holdfast.ResultAsync("remember", "I would rather take the train 🚆", "--session", "trip", "--user", "maria", "--key", "m1", "--metadata", """{"a":1}""");
        Assert.Equal("stored", first.GetProperty("outcome").GetString());
        var again = await _holdfast.ResultAsync("remember", "I would rather take the train 🚆", "--session", "trip", "--user", "maria", "--key", "m1", "--metadata", """{"a":1}""");
        Assert.Equal("already_stored", again.GetProperty("outcome").GetString());
        Assert.Equal(first.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        await _holdfast.ResultAsync("remember", """{"what":"train"}""", "--session", "trip", "--type", "decision", "--content-json");

        var found = await _holdfast.ResultAsync("recall", "trains or planes", "--user", "maria");
        Assert.Contains(found.EnumerateArray(), hit => hit.GetProperty("memory").GetProperty("content").ToString() == "I would rather take the train 🚆");

        var shown = (await _holdfast.ResultAsync("session", "show", "trip")).GetProperty("memories");
        Assert.Equal(["message_user", "decision"], shown.EnumerateArray().Select(memory => memory.GetProperty("memory_type").GetString()));
        Assert.Equal("train", shown[1].GetProperty("content").GetProperty("what").GetString());

        await _holdfast.ResultAsync("session", "delete", "trip");
        var gone = await _holdfast.RunAsync("session", "show", "trip");
        Assert.Equal(6, gone.ExitCode);
        Assert.Contains("session restore", gone.Errors, StringComparison.Ordinal);
        Assert.Empty((await _holdfast.ResultAsync("recall", "train")).EnumerateArray());
        await _holdfast.ResultAsync("session", "restore", "trip");
        Assert.Single((await _holdfast.ResultAsync("session", "list", "--user", "maria")).EnumerateArray());
    }

    [Fact]
    public async Task another_content_under_a_key_is_a_conflict_and_the_first_stays()
    {
        await _holdfast.ResultAsync("remember", "one", "--session", "s", "--key", "k");
        var conflict = await _holdfast.RunAsync("remember", "two", "--session", "s", "--key", "k", "--json");
        Assert.Equal(7, conflict.ExitCode);
        Assert.Equal("conflict", conflict.Envelope.GetProperty("error").GetProperty("code").GetString());
        var memories = (await _holdfast.ResultAsync("session", "show", "s")).GetProperty("memories");
        Assert.Equal("one", Assert.Single(memories.EnumerateArray()).GetProperty("content").GetString());
    }

    [Fact]
    public async Task an_export_imported_elsewhere_exports_the_same_and_a_second_import_adds_nothing()
    {
        await _holdfast.ResultAsync("remember", "first", "--session", "a", "--user", "u", "--key", "k", "--at", "2020-01-02T03:04:05.678901Z");
        await _holdfast.ResultAsync("remember", "second שלום", "--session", "a", "--role", "assistant");
        var export = await _holdfast.RunAsync("export");
        using var other = new HoldfastProgram();
        var file = Path.Combine(other.Home, "memory.jsonl");
        await File.WriteAllTextAsync(file, export.Output);
        // Two messages and the line of their session.
        Assert.Equal(3, (await other.ResultAsync("import", file)).GetProperty("imported").GetInt64());
        Assert.Equal(0, (await other.ResultAsync("import", file)).GetProperty("imported").GetInt64());
        Assert.Equal(export.Output, (await other.RunAsync("export")).Output);
        await other.ResultAsync("export", "-o", Path.Combine(other.Home, "again.jsonl"));
        Assert.Equal(export.Output, await File.ReadAllTextAsync(Path.Combine(other.Home, "again.jsonl")));
    }

    [Fact]
    public async Task a_bad_line_is_named_and_copied_and_the_others_go_in()
    {
        var file = Path.Combine(_holdfast.Home, "in.jsonl");
        await File.WriteAllLinesAsync(file, ["""{"session_id":"s","role":"user","content":"good","created_at":"2026-01-01T00:00:00Z"}""", "not json", """{"session_id":"s","role":"nobody","content":"x"}"""]);
        var answer = await _holdfast.RunAsync("import", file, "--rejects", Path.Combine(_holdfast.Home, "rejects.jsonl"), "--json");
        Assert.Equal(10, answer.ExitCode);
        Assert.Equal(1, answer.Envelope.GetProperty("result").GetProperty("imported").GetInt64());
        Assert.Contains($"{file}:2:", answer.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:3:", answer.Errors, StringComparison.Ordinal);
        Assert.Equal(["not json", """{"session_id":"s","role":"nobody","content":"x"}"""], await File.ReadAllLinesAsync(Path.Combine(_holdfast.Home, "rejects.jsonl")));
    }

    [Fact]
    public async Task settings_are_set_read_listed_and_guarded_by_their_revision()
    {
        var set = await _holdfast.ResultAsync("setting", "set", "llm", "temperature", "0.25");
        Assert.Equal(JsonValueKind.Number, set.GetProperty("value").ValueKind);
        await _holdfast.ResultAsync("setting", "set", "llm", "model", "not json but text");
        Assert.Equal("not json but text\n", (await _holdfast.RunAsync("setting", "get", "llm", "model")).Output);
        Assert.Equal(2, (await _holdfast.ResultAsync("setting", "list", "--category", "llm")).GetArrayLength());
        await _holdfast.ResultAsync("setting", "set", "llm", "temperature", "0.5", "--expected-revision", set.GetProperty("revision").GetString()!);
        Assert.Equal(7, (await _holdfast.RunAsync("setting", "set", "llm", "temperature", "0.9", "--expected-revision", set.GetProperty("revision").GetString()!)).ExitCode);
        Assert.Equal("0.5\n", (await _holdfast.RunAsync("setting", "get", "llm", "temperature")).Output);
        Assert.Equal(6, (await _holdfast.RunAsync("setting", "get", "llm", "nothing")).ExitCode);
    }

    [Fact]
    public async Task a_job_is_enqueued_claimed_failed_replayed_and_completed()
    {
        var id = (await _holdfast.ResultAsync("job", "enqueue", "upload_jobs", """{"video_path":"a.mp4","title":"A"}""", "--key", "a")).GetProperty("id").GetString()!;
        Assert.Equal("already_stored", (await _holdfast.ResultAsync("job", "enqueue", "upload_jobs", """{"video_path":"a.mp4","title":"A"}""", "--key", "a")).GetProperty("outcome").GetString());
        var claim = await _holdfast.ResultAsync("job", "claim", "upload_jobs");
        Assert.Equal(6, (await _holdfast.RunAsync("job", "claim", "upload_jobs")).ExitCode);
        await _holdfast.ResultAsync("job", "fail", "upload_jobs", id, "no space", "--no-retry", "--claim", claim.GetProperty("claim").GetString()!);
        Assert.Equal("no space", Assert.Single((await _holdfast.ResultAsync("job", "dead", "upload_jobs")).EnumerateArray()).GetProperty("error").GetString());
        await _holdfast.ResultAsync("job", "replay", "upload_jobs", id);
        claim = await _holdfast.ResultAsync("job", "claim", "upload_jobs");
        await _holdfast.ResultAsync("job", "complete", "upload_jobs", id, "--claim", claim.GetProperty("claim").GetString()!, "--result", """{"url":"x"}""");
        Assert.Equal("completed", Assert.Single((await _holdfast.ResultAsync("job", "show", "upload_jobs", id)).EnumerateArray()).GetProperty("state").GetString());
        Assert.Equal(7, (await _holdfast.RunAsync("job", "replay", "upload_jobs", id)).ExitCode);
    }
}

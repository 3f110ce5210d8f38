using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class JobTests : IDisposable
{
    private const string Queue = "upload_jobs";

    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task a_job_is_enqueued_claimed_and_completed_by_three_processes()
    {
        var id = await EnqueueAsync();
        Assert.Equal(id, (await _holdfast.RunAsync("job", "enqueue", Queue, """{"video_path":"a.mp4"}""", "--key", "a.mp4", "--json")).Result.GetProperty("id").GetString());

        var claim = (await _holdfast.RunAsync("job", "claim", Queue, "--worker", "w1", "--json")).Result;
        Assert.Equal((id, "w1", 1), (claim.GetProperty("id").GetString(), claim.GetProperty("worker").GetString(), claim.GetProperty("attempt").GetInt64()));
        (await _holdfast.RunAsync("job", "claim", Queue)).Ended(6);

        (await _holdfast.RunAsync("job", "complete", Queue, id, "--claim", claim.GetProperty("claim").GetString()!, "--result", """{"url":"u"}""")).Done();
        var job = (await _holdfast.RunAsync("job", "show", Queue, id, "--json")).Result[0];
        Assert.Equal("completed", job.GetProperty("state").GetString());
        Assert.Equal("u", job.GetProperty("result").GetProperty("url").GetString());
    }

    [Fact]
    public async Task a_job_that_failed_for_good_is_a_dead_letter_until_it_is_replayed()
    {
        var id = await EnqueueAsync();
        (await _holdfast.RunAsync("job", "replay", Queue, id)).Ended(7);
        var claim = (await _holdfast.RunAsync("job", "claim", Queue, "--json")).Result.GetProperty("claim").GetString()!;
        (await _holdfast.RunAsync("job", "fail", Queue, id, "no space left", "--claim", claim, "--no-retry")).Done();
        Assert.Contains("no space left", (await _holdfast.RunAsync("job", "dead", Queue)).Done().Out, StringComparison.Ordinal);

        (await _holdfast.RunAsync("job", "replay", Queue, id)).Done();
        Assert.Equal(0, (await _holdfast.RunAsync("job", "dead", Queue, "--json")).Result.GetArrayLength());
        Assert.Equal(id, (await _holdfast.RunAsync("job", "list", Queue, "--state", "waiting", "--json")).Result[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task dry_runs_leave_a_job_as_it_is()
    {
        var id = await EnqueueAsync();
        (await _holdfast.RunAsync("job", "enqueue", Queue, "{}", "--dry-run")).Done();
        (await _holdfast.RunAsync("job", "claim", Queue, "--dry-run")).Done();
        var claim = (await _holdfast.RunAsync("job", "claim", Queue, "--json")).Result.GetProperty("claim").GetString()!;
        (await _holdfast.RunAsync("job", "complete", Queue, id, "--claim", claim, "--dry-run")).Done();
        (await _holdfast.RunAsync("job", "fail", Queue, id, "x", "--claim", claim, "--dry-run")).Done();
        Assert.Equal("claimed", Assert.Single((await _holdfast.RunAsync("job", "list", Queue, "--json")).Result.EnumerateArray()).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("list", "no_such_queue")]
    [InlineData("list", Queue, "--state", "bored")]
    [InlineData("show", Queue, "no-id")]
    [InlineData("enqueue", Queue, "no json")]
    [InlineData("complete", Queue, "00000000-0000-7000-8000-000000000000", "--claim", "nonsense")]
    public async Task bad_input_is_a_usage_error(params string[] arguments) => (await _holdfast.RunAsync(["job", .. arguments])).Ended(2);

    [Fact]
    public async Task a_job_that_is_not_there_is_not_found() => (await _holdfast.RunAsync("job", "show", Queue, "00000000-0000-7000-8000-000000000000")).Ended(6);

    private async Task<string> EnqueueAsync() =>
        (await _holdfast.RunAsync("job", "enqueue", Queue, """{"video_path":"a.mp4"}""", "--key", "a.mp4", "--json")).Result.GetProperty("id").GetString()!;
}

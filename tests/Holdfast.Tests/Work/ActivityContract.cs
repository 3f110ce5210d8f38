using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>What the activity log promises, on every store.</summary>
public abstract class ActivityContract(Place place) : WorkTest(place)
{
    private const string Hostile = "'; drop table commands; -- %_\\ \u202e مرحبا 👩‍🚀 $1 {sessions} \u0001\r\n";

    private ActivityLog Activity => Memory.Activity;

    [Fact]
    public async Task all_that_an_assistant_did_comes_back_in_its_order()
    {
        var at = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var command = await Activity.LogCommandAsync("s", Hostile, "en", Json("""{"app":"shell"}"""), new ActivityOptions { UserId = "maria", OccurredAt = at });
        await Activity.LogAnswerAsync("s", command.Id, "gpt", "", Json("""{"tokens":7}"""));
        await Activity.LogScreenshotAsync("s", "C:\\shots\\1.png", "https://example.org/1.png", Json("""{"width":1.0}"""));
        await Activity.LogScreenshotAsync("s", null, "https://example.org/2.png");
        await Activity.LogMetricAsync("s", "response_time_ms", Json("12.50"));
        await Activity.LogCommandAsync("s", "second");
        await Activity.LogCommandAsync("other", "elsewhere");

        var commands = await Activity.ListCommandsAsync("s").ToListAsync();
        Assert.Equal([Hostile, "second"], commands.Select(logged => logged.Prompt));
        Assert.Equal((command.Id, "en", "maria", at, "s"), (commands[0].Id, commands[0].Language, commands[0].UserId, commands[0].OccurredAt, commands[0].SessionId));
        Assert.Equal("shell", commands[0].Metadata!.Value.GetProperty("app").GetString());
        Assert.Equal("second", (await Activity.ListCommandsAsync("s", commands[0].Stamp).SingleAsync()).Prompt);

        var answer = await Activity.ListAnswersAsync("s").SingleAsync();
        Assert.Equal((command.Id, "gpt", "", 7), (answer.CommandId, answer.Model, answer.Response, answer.ModelInfo!.Value.GetProperty("tokens").GetInt32()));

        var shots = await Activity.ListScreenshotsAsync("s").ToListAsync();
        Assert.Equal([("C:\\shots\\1.png", "https://example.org/1.png"), (null, "https://example.org/2.png")], shots.Select(shot => (shot.Path, shot.Url)));
        Assert.Equal("""{"width":1.0}""", shots[0].Metadata!.Value.GetRawText());

        var metric = await Activity.ListMetricsAsync("s").SingleAsync();
        Assert.Equal(("response_time_ms", "12.50"), (metric.Type, metric.ValueJson));
        Assert.True(commands[0].Stamp < answer.Stamp && answer.Stamp < shots[0].Stamp && shots[1].Stamp < metric.Stamp && metric.Stamp < commands[1].Stamp);
    }

    [Fact]
    public async Task the_same_key_in_a_session_is_one_row()
    {
        var options = new ActivityOptions { Key = "k" };
        Assert.Equal(AppendOutcome.Stored, (await Activity.LogMetricAsync("s", "m", Json("1"), options)).Outcome);
        Assert.Equal(AppendOutcome.AlreadyStored, (await Activity.LogMetricAsync("s", "m", Json("1"), options)).Outcome);
        Assert.Equal(AppendOutcome.KeyConflict, (await Activity.LogMetricAsync("s", "m", Json("2"), options)).Outcome);
        Assert.Equal(AppendOutcome.Stored, (await Activity.LogMetricAsync("other", "m", Json("1"), options)).Outcome);
        Assert.Equal("1", (await Activity.ListMetricsAsync("s").SingleAsync()).ValueJson);
    }

    [Fact]
    public async Task activity_of_a_forgotten_session_is_gone()
    {
        var command = await Activity.LogCommandAsync("s", "x");
        await Activity.LogAnswerAsync("s", command.Id, "m", "y");
        await Activity.LogScreenshotAsync("s", "1.png");
        await Activity.LogMetricAsync("s", "m", Json("1"));
        await Memory.ForgetSessionAsync("s");

        Assert.Empty(await Activity.ListCommandsAsync("s").ToListAsync());
        Assert.Empty(await Activity.ListAnswersAsync("s").ToListAsync());
        Assert.Empty(await Activity.ListScreenshotsAsync("s").ToListAsync());
        Assert.Empty(await Activity.ListMetricsAsync("s").ToListAsync());
    }

    [Fact]
    public async Task what_no_store_can_keep_is_refused_before_anything_is_written()
    {
        var refused = new Func<Task>[]
        {
            () => Activity.LogCommandAsync("", "x"),
            () => Activity.LogCommandAsync("s", "a\0b"),
            () => Activity.LogCommandAsync("s", "\ud800"),
            () => Activity.LogCommandAsync("s", "x", language: new string('l', 10_000)),
            () => Activity.LogAnswerAsync("s", null, "m\0", "x"),
            () => Activity.LogScreenshotAsync("s", null),
            () => Activity.LogScreenshotAsync("s", ""),
            () => Activity.LogScreenshotAsync("s", null, " DATA:image/png;base64,AAAA"),
            () => Activity.LogMetricAsync("s", "", Json("1")),
            () => Activity.LogMetricAsync("s", "m", default),
            () => Activity.LogMetricAsync("s", "m", Json("1"), new ActivityOptions { OccurredAt = DateTimeOffset.MinValue }),
        };
        foreach (var refusal in refused) await Assert.ThrowsAsync<InvalidInputException>(refusal);
        Assert.Empty(await Activity.ListCommandsAsync("s").ToListAsync());
        Assert.Empty(await Activity.ListMetricsAsync("s").ToListAsync());
    }
}

public sealed class ActivityInTheLocalFile() : ActivityContract(Place.LocalFile);

public sealed class ActivityInPostgres() : ActivityContract(Place.Postgres);

public sealed class ActivityUnderRowSecurity() : ActivityContract(Place.RowSecurity);

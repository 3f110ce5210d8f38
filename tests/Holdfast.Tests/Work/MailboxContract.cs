using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>What messages between agents promise, on every store.</summary>
public abstract class MailboxContract(Place place) : WorkTest(place)
{
    private Mailbox Mailbox => Memory.Mailbox;

    [Fact]
    public async Task a_message_comes_back_as_it_was_sent()
    {
        var at = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.FromHours(5));
        var receipt = await Mailbox.SendAsync("planner", "writer", AgentMessageType.Task, Json("""{"do":[1,null]}"""),
            new AgentMessageOptions { Key = "k", UserId = "maria", SessionId = "s", OccurredAt = at, Metadata = Json("{}") });
        await Mailbox.SendAsync("planner", "writer", AgentMessageType.Query, "Ready?\n👩‍🚀");

        var messages = await Mailbox.ReadAsync("writer").ToListAsync();
        var first = messages[0];
        Assert.Equal((receipt.Id, "planner", "writer", AgentMessageType.Task), (first.Id, first.From, first.To, first.Type));
        Assert.Equal(("""{"do":[1,null]}""", "{}", "k", "maria", "s", at.ToUniversalTime()), (first.ContentJson, first.MetadataJson, first.Key, first.UserId, first.SessionId, first.OccurredAt));
        Assert.Equal("Ready?\n👩‍🚀", messages[1].Text);
        Assert.Equal(messages[1].Id, (await Mailbox.ReadAsync("writer", first.Stamp).SingleAsync()).Id);
        Assert.Empty(await Mailbox.UnreadAsync("planner"));
    }

    [Fact]
    public async Task marking_a_message_read_any_number_of_times_is_one_mark_per_reader()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add((await Mailbox.SendAsync("a", "b", AgentMessageType.Log, $"{i}")).Id);

        Assert.Equal(AppendOutcome.Stored, (await Mailbox.MarkReadAsync(ids[1], "b")).Outcome);
        Assert.Equal(AppendOutcome.AlreadyStored, (await Mailbox.MarkReadAsync(ids[1], "b")).Outcome);
        await using var another = await OpenAnotherAsync();
        Assert.Equal(AppendOutcome.AlreadyStored, (await another.Mailbox.MarkReadAsync(ids[1], "b")).Outcome);
        Assert.Equal(AppendOutcome.Stored, (await Mailbox.MarkReadAsync(ids[0], "somebody else")).Outcome);

        Assert.Equal(["0", "2"], (await Mailbox.UnreadAsync("b")).Select(message => message.Text));
        Assert.Equal(["0"], (await Mailbox.UnreadAsync("b", 1)).Select(message => message.Text));
        Assert.Equal([false, true, false], await Mailbox.ReadAsync("b").Select(message => message.IsRead).ToListAsync());
    }

    [Fact]
    public async Task a_mark_may_come_before_its_message()
    {
        var options = new AgentMessageOptions { Key = "once" };
        var id = Holdfast.Rows.RowId.FromKey(Memory.TenantId, "agent_messages", "once");
        await Mailbox.MarkReadAsync(id, "b");
        Assert.Equal(id, (await Mailbox.SendAsync("a", "b", AgentMessageType.Log, "x", options)).Id);
        Assert.Empty(await Mailbox.UnreadAsync("b"));
    }

    [Fact]
    public async Task the_same_key_is_one_message()
    {
        var options = new AgentMessageOptions { Key = "once" };
        Assert.Equal(AppendOutcome.Stored, (await Mailbox.SendAsync("a", "b", AgentMessageType.Log, "x", options)).Outcome);
        Assert.Equal(AppendOutcome.AlreadyStored, (await Mailbox.SendAsync("a", "b", AgentMessageType.Log, "x", options)).Outcome);
        Assert.Equal(AppendOutcome.KeyConflict, (await Mailbox.SendAsync("a", "b", AgentMessageType.Log, "y", options)).Outcome);
        Assert.Equal("x", Assert.Single(await Mailbox.UnreadAsync("b")).Text);
    }

    [Fact]
    public async Task messages_of_a_forgotten_user_are_gone()
    {
        await Mailbox.SendAsync("a", "b", AgentMessageType.Log, "x", new AgentMessageOptions { UserId = "maria" });
        await Memory.ForgetUserAsync("maria");
        Assert.Empty(await Mailbox.ReadAsync("b").ToListAsync());
        Assert.Empty(await Mailbox.UnreadAsync("b"));
    }

    [Fact]
    public async Task hostile_names_and_texts_come_back_and_what_no_store_can_keep_is_refused()
    {
        const string Hostile = "'; delete from agent_messages; -- %_\\ \u202e مرحبا 👩‍🚀 $1 {sessions} \u0001\r\n";
        var longest = new string('n', 512);
        await Mailbox.SendAsync(longest, Hostile, AgentMessageType.Error, Hostile);
        var message = Assert.Single(await Mailbox.UnreadAsync(Hostile));
        Assert.Equal((longest, Hostile), (message.From, message.Text));
        await Mailbox.MarkReadAsync(message.Id, Hostile);
        await Mailbox.MarkReadAsync(message.Id, longest);
        Assert.Empty(await Mailbox.UnreadAsync(Hostile));

        var refused = new Func<Task>[]
        {
            () => Mailbox.SendAsync("", "b", AgentMessageType.Log, "x"),
            () => Mailbox.SendAsync("a", "b\0", AgentMessageType.Log, "x"),
            () => Mailbox.SendAsync("a", new string('b', 513), AgentMessageType.Log, "x"),
            () => Mailbox.SendAsync("a", "b", AgentMessageType.Log, "\udc00"),
            () => Mailbox.SendAsync("a", "b", AgentMessageType.Log, default(System.Text.Json.JsonElement)),
            () => Mailbox.SendAsync("a", "b", (AgentMessageType)77, "x"),
            () => Mailbox.UnreadAsync(""),
            () => Mailbox.MarkReadAsync(message.Id, ""),
        };
        foreach (var refusal in refused) await Assert.ThrowsAsync<InvalidInputException>(refusal);
        Assert.Empty(await Mailbox.ReadAsync("b").ToListAsync());
    }
}

public sealed class MailboxInTheLocalFile() : MailboxContract(Place.LocalFile);

public sealed class MailboxInPostgres() : MailboxContract(Place.Postgres);

public sealed class MailboxBehindPgBouncer() : MailboxContract(Place.PgBouncer);

public sealed class MailboxUnderRowSecurity() : MailboxContract(Place.RowSecurityPooled);

using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>What is deleted is hidden until it is restored, and what is forgotten is gone, on both engines.</summary>
public abstract class SessionDeletionContract(Place place) : SessionTest(place)
{
    [Fact]
    public async Task a_deleted_message_is_hidden_everywhere_until_it_is_restored()
    {
        var session = await FilledAsync(3);
        var middle = (await session.LoadAsync())[1];
        await session.DeleteMemoryAsync(middle.Id);
        Assert.Equal(["0", "2"], Texts(await session.LoadAsync()));
        Assert.Equal(["0", "2"], Texts(await session.LoadLastAsync(5)));
        Assert.Empty(await Memory.RecallAsync("1"));
        await session.RestoreMemoryAsync(middle.Id);
        Assert.Equal(["0", "1", "2"], Texts(await session.LoadAsync()));
        Assert.Equal("1", Assert.Single(await Memory.RecallAsync("1")).Memory.Text);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("team/a\\b 'ü' 🙂%_")]
    public async Task a_deleted_session_is_hidden_from_lists_recall_and_resuming_until_it_is_restored(string id)
    {
        var session = await Memory.OpenSessionAsync(id, "ann");
        await session.AppendUserAsync("remember the lighthouse");
        await session.DeleteAsync();
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());
        Assert.True((await Memory.ListSessionsAsync("ann", withDeleted: true).SingleAsync()).IsDeleted);
        Assert.Empty(await Memory.RecallAsync("lighthouse"));
        Assert.Null(await Memory.ResumeSessionAsync(id));
        Assert.True((await Memory.GetSessionInfoAsync(id))!.IsDeleted);
        Assert.Contains("was deleted", (await Assert.ThrowsAsync<HoldfastException>(() => Memory.OpenSessionAsync(id))).Message, StringComparison.Ordinal);

        // An edit does not raise the dead.
        await session.UpdateAsync("new title");
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());

        await Memory.RestoreSessionAsync(id);
        Assert.Equal((id, "new title"), await Memory.ListSessionsAsync("ann").Select(info => (info.Id, info.Title)).SingleAsync());
        Assert.Equal(["remember the lighthouse"], Texts(await (await Memory.ResumeSessionAsync(id))!.LoadAsync()));
    }

    [Fact]
    public async Task forgetting_a_user_empties_what_was_said_and_lets_the_user_begin_again()
    {
        var (ann, bob) = (await Memory.OpenSessionAsync("a", "ann"), await Memory.OpenSessionAsync("b", "bob"));
        await ann.AppendUserAsync("my secret is opal", new() { Key = "k" });
        await bob.AppendUserAsync("opal is a stone");
        await Memory.ForgetUserAsync("ann");
        Assert.Empty(await ann.LoadAsync());
        Assert.Equal("opal is a stone", Assert.Single(await Memory.RecallAsync("opal")).Memory.Text);
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());

        var receipt = await ann.AppendUserAsync("hello again");
        Assert.False(receipt.Erased);
        Assert.Equal(["hello again"], Texts(await ann.LoadAsync()));
    }

    [Fact]
    public async Task forgetting_a_session_leaves_the_others()
    {
        var (one, two) = (await FilledAsync(2, "one"), await FilledAsync(2, "two"));
        await Memory.ForgetSessionAsync("one");
        Assert.Empty(await one.LoadAsync());
        Assert.Equal(["0", "1"], Texts(await two.LoadAsync()));
    }
}

public sealed class LocalFileSessionDeletionTests() : SessionDeletionContract(Place.LocalFile);

public sealed class PostgresSessionDeletionTests() : SessionDeletionContract(Place.Postgres);

public sealed class PgBouncerSessionDeletionTests() : SessionDeletionContract(Place.PgBouncer);

public sealed class RowSecuritySessionDeletionTests() : SessionDeletionContract(Place.RowSecurity);

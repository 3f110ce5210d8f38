using System.Text;
using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

public sealed class SecretsTests
{
    // RFC 7677 §3: the example's password and salt; the keys are those of PostgreSQL's own computation.
    [Fact]
    public void a_verifier_has_the_form_that_servers_keep()
    {
        var verifier = ScramVerifier.Of("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));
        Assert.Equal("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", verifier);
        Assert.Throws<ArgumentException>(() => ScramVerifier.Of("pässword", new byte[16]));
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task log_ins_work_and_their_passwords_are_nowhere_but_in_the_file(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(database.Secrets.Path));
        var urls = await database.Secrets.ReadAsync(default);
        Assert.Equal(6, urls.Count);
        Assert.All(urls, url => Assert.StartsWith("postgres://", url, StringComparison.Ordinal));
        // Everything that was sent is in the server's log, and so is every verifier, but no password.
        var log = database.Server.Running.Log;
        Assert.Contains($"alter role {database.Schema}_ro password 'SCRAM-SHA-256$4096:", log, StringComparison.Ordinal);
        foreach (var url in urls)
        {
            var password = new Uri(url).UserInfo.Split(':')[1];
            Assert.Equal(32, password.Length);
            Assert.DoesNotContain(password, log, StringComparison.Ordinal);
        }
        await database.ExecuteAsAsync("ro", "select 1 from {s}.users");
        var wrong = new NpgsqlConnectionStringBuilder(await database.LogInAsync("ro")) { Password = "guessed", Pooling = false };
        Assert.Equal("28P01", (await Assert.ThrowsAsync<PostgresException>(() => PostgresServer.ExecuteAsync(wrong.ConnectionString, "select 1"))).SqlState);

        // Again: who has a password keeps it.
        var (_, fresh) = await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Empty(fresh);
        Assert.Equal(urls, await database.Secrets.ReadAsync(default));
    }

    [Fact]
    public async Task a_file_that_others_may_read_is_refused()
    {
        using var database = await AccessDatabase.CreateAsync();
        await File.WriteAllTextAsync(database.Secrets.Path, "", Encoding.UTF8);
        File.SetUnixFileMode(database.Secrets.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await Assert.ThrowsAsync<InvalidInputException>(() => database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
    }

    [Fact]
    public async Task other_lines_of_the_file_stay_as_they_are()
    {
        using var database = await AccessDatabase.CreateAsync();
        string[] mine = ["# mine", "", "postgres://other:secret@db.example/x"];
        await File.WriteAllLinesAsync(database.Secrets.Path, mine, Encoding.UTF8);
        File.SetUnixFileMode(database.Secrets.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Equal(mine, (await File.ReadAllLinesAsync(database.Secrets.Path)).Take(3));
        Assert.Equal(7, (await database.Secrets.ReadAsync(default)).Count);
    }

    [Fact]
    public async Task a_path_at_which_no_file_can_stand_is_refused_before_any_change()
    {
        using var database = await AccessDatabase.CreateAsync();
        foreach (var path in new[] { database.Home, Path.Combine(database.Home, "none", "access.secrets") })
            await Assert.ThrowsAsync<InvalidInputException>(() => database.Control.ApplyAsync(new AccessOptions(), new SecretsFile(path), default));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
    }

    [Fact]
    public void a_folder_of_sockets_an_IPv6_address_and_a_database_of_any_name_come_back_from_their_URL()
    {
        foreach (var (host, name) in new[] { ("/var/run/postgresql", "my db/1"), ("::1", "a@b"), ("db.example", "x%y") })
        {
            var settings = new NpgsqlConnectionStringBuilder { Host = host, Port = 5433, Database = name };
            Assert.NotNull(SecretsFile.Find([SecretsFile.Url(settings, "r", "p")], settings, "r"));
        }
    }

    [Fact]
    public void several_hosts_come_back_from_their_URL_however_they_were_written()
    {
        var settings = new NpgsqlConnectionStringBuilder { Host = "db.example:5433,[::1]:5434,10.0.0.1", Port = 6000, Database = "memory", TargetSessionAttributes = "read-write" };
        var url = SecretsFile.Url(settings, "r", "p");
        Assert.Equal("postgres://r:p@db.example:5433,[::1]:5434,10.0.0.1:6000/memory?target_session_attrs=read-write", url);
        Assert.NotNull(SecretsFile.Find([url], settings, "r"));
    }

    [Fact]
    public async Task with_several_hosts_the_log_ins_work_and_a_line_that_cannot_be_read_changes_nothing()
    {
        using var database = await AccessDatabase.CreateAsync();
        var settings = new NpgsqlConnectionStringBuilder(database.Connection);
        settings.Host = $"{settings.Host}:{settings.Port},{settings.Host}:{settings.Port}";
        var control = new AccessControl(settings, database.Schema);
        await File.WriteAllLinesAsync(database.Secrets.Path, ["# mine", "postgres://r:p@[a,b]:5432/x"], Encoding.UTF8);
        File.SetUnixFileMode(database.Secrets.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("line 2 of", (await Assert.ThrowsAsync<InvalidInputException>(() => control.ApplyAsync(new AccessOptions(), database.Secrets, default))).Message, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
        File.Delete(database.Secrets.Path);
        Assert.DoesNotContain("5432:", control.Target, StringComparison.Ordinal);

        await control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        var urls = await database.Secrets.ReadAsync(default);
        Assert.Equal(6, (await control.VerifyAsync(new AccessOptions(), urls, default)).LoggedIn.Count);
        Assert.Null(control.WithoutLogIn(database.Secrets, urls));
        // The same server under another name is told, and where the lines are.
        var named = new NpgsqlConnectionStringBuilder(database.Connection) { Host = "localhost" };
        var missing = new AccessControl(named, database.Schema).WithoutLogIn(database.Secrets, urls)!;
        Assert.All((string[])[$"{database.Schema}_ro", $"at localhost:{named.Port}", "127.0.0.1:"], text => Assert.Contains(text, missing, StringComparison.Ordinal));
    }
}

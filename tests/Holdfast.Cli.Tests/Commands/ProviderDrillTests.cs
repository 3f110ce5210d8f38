using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ProviderDrillTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Theory]
    [InlineData("refuse")]
    [InlineData("blackhole")]
    public async Task three_providers_go_on_without_the_first(string fault)
    {
        await _holdfast.WithProvidersAsync(server, 3);
        var result = (await _holdfast.RunAsync("provider", "drill", "--fault", fault, "--seconds", "1", "--json")).Result;
        Assert.Equal(("neon", fault), (result.GetProperty("provider").GetString(), result.GetProperty("fault").GetString()));
        Assert.Equal((0, 0, 0), (result.GetProperty("lost").GetInt32(), result.GetProperty("doubled").GetInt32(), result.GetProperty("failed").GetInt32()));
        Assert.True(result.GetProperty("acknowledged").GetInt32() > 25);
        Assert.Equal(3, result.GetProperty("counts").GetArrayLength());
        Assert.Empty(Directory.GetFileSystemEntries(_holdfast.Home));
    }

    [Fact]
    public async Task what_it_measured_is_shown_in_columns()
    {
        await _holdfast.WithProvidersAsync(server, 2);
        var answer = (await _holdfast.RunAsync("provider", "drill", "neon", "--seconds", "1")).Done();
        Assert.StartsWith("target: neon  127.0.0.1:", answer.Errors, StringComparison.Ordinal);
        Assert.Matches(@"neon was cut off for 1\.\d s \(refuse\); it led\.(?s:.*)longest gap +\d+ ms(?s:.*)lost 0, doubled 0\.", answer.Out);
    }

    [Fact]
    public async Task a_provider_that_loses_a_row_ends_in_9()
    {
        var connections = await _holdfast.WithProvidersAsync(server, 2);
        await PostgresServer.ExecuteAsync(connections[1], """
            create function holdfast.harm() returns trigger language plpgsql as $$ begin
              if new.content #>> '{}' = 'drill 5' then new.content = '"drill 4"'; end if; return new; end $$;
            create trigger harm before insert on holdfast.session_memories for each row execute function holdfast.harm();
            """);
        Assert.Contains("error: 1 rows are there twice", (await _holdfast.RunAsync("provider", "drill", "--seconds", "1")).Ended(9).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_dry_run_and_a_bad_option_cut_nothing_off()
    {
        await _holdfast.WithProvidersAsync(server, 1);
        Assert.Contains("would cut neon off", (await _holdfast.RunAsync("provider", "drill", "--dry-run")).Done().Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("provider", "drill", "--seconds", "0")).Ended(2);
        (await _holdfast.RunAsync("provider", "drill", "--fault", "earthquake")).Ended(2);
        (await _holdfast.RunAsync("provider", "drill", "railway")).Ended(2);
    }
}

using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class StatusTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task the_store_its_address_and_its_rows_are_told()
    {
        (await _holdfast.RunAsync("remember", "hello", "--session", "s")).Done();
        var status = (await _holdfast.RunAsync("status", "--json")).Result;
        Assert.Equal(("local", _holdfast.PathOf("memory.db")), (status.GetProperty("provider").GetString(), status.GetProperty("address").GetString()));
        Assert.Equal(1, status.GetProperty("tables").EnumerateArray().Single(table => table.GetProperty("name").GetString() == "session_memories").GetProperty("rows").GetInt64());
        Assert.True(status.GetProperty("bytes").GetInt64() > 0);
        Assert.StartsWith("local answers: ", (await _holdfast.RunAsync("status")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_is_no_database_is_not_taken_for_an_empty_memory()
    {
        _holdfast.Write("memory.db", new string('x', 10_000));
        var answer = (await _holdfast.RunAsync("status", "--json")).Ended(8);
        Assert.Contains("Do not delete it", answer.Envelope.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_unknown_provider_is_a_usage_error_that_names_the_variable() =>
        Assert.Contains("HOLDFAST_PROVIDER_NEON", (await _holdfast.RunAsync("status", "--provider", "neon")).Ended(2).Errors, StringComparison.Ordinal);

    [Fact]
    public async Task of_several_providers_one_can_be_named()
    {
        _holdfast.With("HOLDFAST_PROVIDER_A", "postgres://127.0.0.1:1/a").With("HOLDFAST_PROVIDER_B", "postgres://127.0.0.1:1/b");
        (await _holdfast.RunAsync("status", "--provider", "local")).Done();
        (await _holdfast.RunAsync("status", "--provider", "a")).Ended(8);
    }
}

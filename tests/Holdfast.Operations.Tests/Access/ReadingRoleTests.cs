using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Who looks with the log-in of a role that only reads is told so, and not that the server is broken.</summary>
public sealed class ReadingRoleTests
{
    [Fact]
    public async Task a_probe_as_a_role_that_only_reads_says_so_and_as_the_app_it_writes()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var role in new[] { "ro", "backup", "monitor" })
        {
            var step = await WriteAsync(database, role);
            Assert.Equal(FailureCause.ReadOnly, step.Failure?.Cause);
            Assert.Equal($"{database.Schema}_{role} is a role that only reads, as access declares it.", step.Detail);
            Assert.Contains($"give it that of {database.Schema}_app_a", step.Advice, StringComparison.Ordinal);
        }
        Assert.Equal(ProbeState.Passed, (await WriteAsync(database, "app_a")).State);
        // Any other role that does not write is told what to change.
        await database.ExecuteAsync("alter role {s}_app_a set default_transaction_read_only = on");
        Assert.Contains("reset default_transaction_read_only", (await WriteAsync(database, "app_a")).Advice, StringComparison.Ordinal);
    }

    private static async Task<ProbeStepResult> WriteAsync(AccessDatabase database, string role)
    {
        var settings = new NpgsqlConnectionStringBuilder(await database.LogInAsync(role));
        return (await new ProbeLadder("one", settings, database.Schema, TimeProvider.System).RunAsync(default)).Steps.Single(step => step.Step == ProbeStep.Write);
    }
}

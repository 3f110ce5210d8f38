using Holdfast.Providers.Failures;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Failures;

/// <summary>Runs into a failure on a real server and classifies what was thrown, as an attempt at a provider does.</summary>
internal static class RealServer
{
    /// <summary>Opens a connection and runs a statement; <c>sent</c> is true from when the connection is open.</summary>
    public static async Task<Failure> FailAsync(string connectionString, string sql = "select 1", bool ours = true)
    {
        var sent = false;
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            sent = true;
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception e)
        {
            return FailureClassifier.Classify(e, sent, ours);
        }
        throw new Xunit.Sdk.XunitException($"Nothing failed: {sql}");
    }

    public static void Expect(Failure failure, AttemptOutcome outcome, FailureCause cause, string? state = null)
    {
        Assert.True((outcome, cause) == (failure.Outcome, failure.Cause), $"{failure.Outcome} {failure.Cause} {failure.SqlState}: {failure.Message}");
        if (state is not null) Assert.Equal(state, failure.SqlState);
    }
}

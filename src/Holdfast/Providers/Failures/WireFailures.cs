using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Holdfast.Providers.Failures;

/// <summary>Failures without an answer: the network, the handshake, and what the driver refuses by itself.</summary>
internal static class WireFailures
{
    public static Failure Of(Exception error, AttemptFacts attempt)
    {
        var chain = Chain(error).ToArray();
        var message = string.Join(" ", chain.Select(link => link.Message).Distinct());
        // Npgsql tells its own limit by a TimeoutException even when the server confirmed that it stopped the statement.
        if (chain.OfType<PostgresException>().FirstOrDefault() is { } answer) return AnswerFailures.Of(answer, attempt);
        if (error is NpgsqlException && OfDriver(error.Message) is { } cause) return new(AttemptOutcome.NotExecuted, cause, message);
        if (chain.Any(link => link is AuthenticationException)) return new(AttemptOutcome.NotExecuted, FailureCause.Tls, message);
        if (chain.Any(link => link is FileNotFoundException or DirectoryNotFoundException)) return new(AttemptOutcome.NotExecuted, FailureCause.Configuration, message);
        return new(NeverConnected(error, chain) ? AttemptOutcome.NotExecuted : attempt.Lost, FailureCause.Down, message);
    }

    private static FailureCause? OfDriver(string message) => message switch
    {
        _ when message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal) => FailureCause.LocalPool,
        _ when message.StartsWith("No password has been provided", StringComparison.Ordinal) => FailureCause.Configuration,
        _ when message.Contains("hannel binding", StringComparison.Ordinal) => FailureCause.Configuration,
        _ when message.Contains("SSL connection requested", StringComparison.Ordinal) || message.Contains("No SSL enabled", StringComparison.Ordinal) => FailureCause.Tls,
        _ => null,
    };

    // A firewall can refuse an open connection too, so a refusal counts only where the driver says that it was connecting.
    private static bool NeverConnected(Exception error, Exception[] chain) =>
        error.Message.StartsWith("Failed to connect", StringComparison.Ordinal)
        || chain.OfType<SocketException>().Any(link => link.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain)
        || error is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    private static IEnumerable<Exception> Chain(Exception error)
    {
        for (Exception? link = error; link is not null; link = link.InnerException)
            if (link is AggregateException many)
                foreach (var inner in many.InnerExceptions.SelectMany(Chain)) yield return inner;
            else
                yield return link;
    }
}

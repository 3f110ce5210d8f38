using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Providers.Failures;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;
using static Holdfast.Providers.Failures.AttemptOutcome;
using static Holdfast.Providers.Failures.FailureCause;

namespace Holdfast.Tests.Failures;

public class FailureTableTests
{
    [Theory]
    [InlineData("28P01", "password authentication failed for user \"app\"", NotExecuted, Authentication)]
    [InlineData("28000", "no pg_hba.conf entry for host \"10.0.0.1\"", NotExecuted, Authentication)]
    [InlineData("3D000", "database \"x\" does not exist", NotExecuted, FailureCause.Configuration)]
    [InlineData("42501", "permission denied for table session_memories", RolledBack, Drift)]
    [InlineData("42P01", "relation does not exist", RolledBack, Drift)]
    [InlineData("42703", "column does not exist", RolledBack, Drift)]
    [InlineData("3F000", "schema does not exist", RolledBack, Drift)]
    [InlineData("23514", "violates check constraint", RolledBack, Drift)]
    [InlineData("23505", "duplicate key value", RolledBack, Drift)]
    [InlineData("23502", "null value in column", RolledBack, Drift)]
    [InlineData("22P02", "invalid input syntax", RolledBack, Drift)]
    [InlineData("P0001", "refused by a trigger", RolledBack, Drift)]
    [InlineData("25006", "cannot execute INSERT in a read-only transaction", RolledBack, ReadOnly)]
    [InlineData("53300", "sorry, too many clients already", NotExecuted, Saturated)]
    [InlineData("53100", "could not extend file: No space left on device", RolledBack, DiskFull)]
    [InlineData("58030", "could not write file: No space left on device", RolledBack, DiskFull)]
    [InlineData("57P03", "the database system is starting up", NotExecuted, Starting)]
    [InlineData("57014", "canceling statement due to statement timeout", RolledBack, StatementTimeout)]
    [InlineData("40001", "could not serialize access", RolledBack, Contention)]
    [InlineData("40P01", "deadlock detected", RolledBack, Contention)]
    [InlineData("55P03", "canceling statement due to lock timeout", RolledBack, Contention)]
    [InlineData("0A000", "cached plan must not change result type", RolledBack, Contention)]
    [InlineData("40003", "result is ambiguous", Unknown, Down)]
    [InlineData("08007", "transaction resolution unknown", Unknown, Down)]
    [InlineData("42P05", "prepared statement \"_p1\" already exists", RolledBack, FailureCause.Configuration)]
    public void an_answer_of_a_server(string state, string text, AttemptOutcome outcome, FailureCause cause) =>
        Expect(new PostgresException(text, "ERROR", "ERROR", state), outcome, cause);

    [Theory]
    [InlineData("57P01", "terminating connection due to administrator command", Unknown, Starting)]
    [InlineData("57P02", "terminating connection because of crash of another server process", Unknown, Starting)]
    [InlineData("57P05", "terminating connection due to idle-session timeout", NotExecuted, Asleep)]
    [InlineData("25P03", "terminating connection due to idle-in-transaction timeout", RolledBack, StatementTimeout)]
    [InlineData("08P01", "no such database: x", NotExecuted, FailureCause.Configuration)]
    [InlineData("08P01", "query_wait_timeout", NotExecuted, Saturated)]
    [InlineData("08P01", "no more connections allowed (max_client_conn)", NotExecuted, Saturated)]
    [InlineData("08P01", "unsupported startup parameter: search_path", NotExecuted, FailureCause.Configuration)]
    [InlineData("08P01", "unsupported startup parameter in options: statement_timeout", NotExecuted, FailureCause.Configuration)]
    [InlineData("08P01", "server login has been failing, try again later (server_login_retry)", NotExecuted, Down)]
    [InlineData("08P01", "server conn crashed?", Unknown, Down)]
    [InlineData("08P01", "bouncer config error", NotExecuted, FailureCause.Configuration)]
    [InlineData("08P01", "server login failed: FATAL database \"x\" does not exist", NotExecuted, FailureCause.Configuration)]
    [InlineData("08P01", "server login failed: FATAL password authentication failed for user \"app\"", NotExecuted, Authentication)]
    [InlineData("08P01", "server login failed: FATAL the database system is starting up", NotExecuted, Starting)]
    [InlineData("08P01", "SASL authentication failed", NotExecuted, Authentication)]
    [InlineData("08P01", "query_timeout", Unknown, StatementTimeout)]
    [InlineData("XX000", "Control plane request failed: endpoint is disabled", NotExecuted, Paused)]
    [InlineData("XX000", "Control plane request failed: endpoint cannot be found", NotExecuted, FailureCause.Configuration)]
    [InlineData("XX000", "Control plane request failed: endpoint is temporarily unavailable. Check your quotas and/or contact our support.", NotExecuted, Quota)]
    [InlineData("XX000", "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.", NotExecuted, Quota)]
    [InlineData("XX000", "Control plane request failed", NotExecuted, Down)]
    [InlineData("XX000", "Couldn't connect to compute node", NotExecuted, Asleep)]
    [InlineData("XX000", "password authentication failed for user 'app'", NotExecuted, Authentication)]
    [InlineData("XX000", "Too many connections to this endpoint. Please try again later.", NotExecuted, Saturated)]
    [InlineData("XX000", "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.", NotExecuted, Saturated)]
    [InlineData("XX000", "This IP address 1.2.3.4 is not allowed to connect to this endpoint. Please add it to the allowed list in the Neon console.", NotExecuted, Authentication)]
    [InlineData("XX000", "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support", NotExecuted, FailureCause.Configuration)]
    [InlineData("XX000", "unsupported startup parameter: x. Please use unpooled connection or remove this parameter from the startup package.", NotExecuted, FailureCause.Configuration)]
    [InlineData("XX000", "Tenant or user not found", NotExecuted, Paused)]
    [InlineData("XX000", "(ENOTFOUND) tenant/user postgres.abc not found", NotExecuted, Paused)]
    [InlineData("XX000", "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15", NotExecuted, Saturated)]
    [InlineData("XX000", "(EMAXCONN) max client connections reached, limit: 200", NotExecuted, Saturated)]
    [InlineData("XX000", "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms in transaction mode", NotExecuted, Saturated)]
    [InlineData("XX000", "(ECIRCUITBREAKER) circuit breaker open for operation: auth_error, blocked until: 1", NotExecuted, Authentication)]
    [InlineData("XX000", "(ECIRCUITBREAKER) circuit breaker open for operation: db_connection, blocked until: 1", NotExecuted, Down)]
    [InlineData("XX000", "(EBANNED) tenant is banned: abuse", NotExecuted, Paused)]
    [InlineData("XX000", "(EDBHANDLEREXITED) connection to database closed. Check logs for more information", Unknown, Down)]
    [InlineData("XX000", "(EPOOLTERMINATING) pool terminating: the database system is shutting down", Unknown, Starting)]
    [InlineData("XX000", "(EADDRNOTALLOWED) address not in tenant allow_list", NotExecuted, Authentication)]
    [InlineData("XX000", "(ESSLREQUIRED) SSL connection is required for user: postgres", NotExecuted, Tls)]
    [InlineData("XX000", "(EFROMTHEFUTURE) nobody knows yet", Unknown, Down)]
    [InlineData("XX000", "a text that nobody has met yet", Unknown, Down)]
    [InlineData("08006", "(ESSLHANDSHAKE) SSL handshake failed: closed", NotExecuted, Tls)]
    public void an_answer_that_ends_the_session(string state, string text, AttemptOutcome outcome, FailureCause cause) =>
        Expect(new PostgresException(text, "FATAL", "FATAL", state), outcome, cause);

    [Fact]
    public void a_failure_without_an_answer_may_have_committed_once_it_was_sent()
    {
        foreach (var broken in new Exception[]
        {
            new NpgsqlException("Exception while reading from stream", new EndOfStreamException("Attempted to read past the end of the stream.")),
            new NpgsqlException("Exception while reading from stream", new IOException("Unable to read", new SocketException((int)SocketError.ConnectionReset))),
            new NpgsqlException("Exception while reading from stream", new TimeoutException("Timeout during reading attempt")),
            // A firewall that rejects refuses an open connection too.
            new NpgsqlException("Exception while reading from stream", new SocketException((int)SocketError.ConnectionRefused)),
            new TimeoutException("No answer within 3 s."),
        })
        {
            Expect(broken, Unknown, Down);
            Assert.Equal(RolledBack, FailureClassifier.Classify(broken, sent: true, commits: false).Outcome);
        }
    }

    [Fact]
    public void a_connection_that_never_came_about_executed_nothing()
    {
        Expect(new NpgsqlException("Failed to connect to 127.0.0.1:1", new SocketException((int)SocketError.ConnectionRefused)), NotExecuted, Down);
        Expect(new NpgsqlException("Failed to connect to 127.0.0.1:1", new TimeoutException()), NotExecuted, Down);
        Expect(new SocketException((int)SocketError.HostNotFound), NotExecuted, Down);
        Expect(new NpgsqlException("Exception while connecting", new AuthenticationException("The remote certificate is invalid")), NotExecuted, Tls);
        Expect(new NpgsqlException("The connection pool has been exhausted, either raise 'Max Pool Size'", new TimeoutException()), NotExecuted, LocalPool);
        Expect(new NpgsqlException("No password has been provided but the backend requires one (in SASL/SCRAM-SHA-256)"), NotExecuted, FailureCause.Configuration);
        Expect(new NpgsqlException("SSL connection requested. No SSL enabled connection from this host is configured."), NotExecuted, Tls);
    }

    [Fact]
    public void a_caller_who_gave_up_does_not_know_what_was_done_unless_the_server_says_that_it_stopped()
    {
        Expect(new OperationCanceledException(), Unknown, Cancelled);
        Expect(new OperationCanceledException("Query was cancelled", new PostgresException("canceling statement due to user request", "ERROR", "ERROR", "57014")), RolledBack, Cancelled);
    }

    [Fact]
    public void before_anything_was_sent_every_failure_executed_nothing()
    {
        foreach (var state in new[] { "57P01", "53100", "40003", "XX000", "25006", "42501", "57014" })
            Assert.Equal(NotExecuted, FailureClassifier.Classify(new PostgresException("x", "FATAL", "FATAL", state), sent: false).Outcome);
        Assert.Equal(NotExecuted, FailureClassifier.Classify(new NpgsqlException("x", new EndOfStreamException()), sent: false).Outcome);
        Assert.Equal(NotExecuted, FailureClassifier.Classify(new OperationCanceledException(), sent: false).Outcome);
    }

    [Fact]
    public void a_termination_in_an_open_transaction_undid_it()
    {
        var failure = FailureClassifier.Classify(new PostgresException("terminating connection", "FATAL", "FATAL", "57P01"), sent: true, commits: false);
        Assert.Equal((RolledBack, Starting), (failure.Outcome, failure.Cause));
    }

    [Theory]
    [InlineData("42501")]
    [InlineData("42P01")]
    [InlineData("23505")]
    [InlineData("22P02")]
    [InlineData("P0001")]
    [InlineData("42601")]
    public void a_refusal_of_the_callers_own_statement_is_the_callers(string state) =>
        Assert.Equal(Caller, FailureClassifier.Classify(new PostgresException("x", "ERROR", "ERROR", state), sent: true, ours: false).Cause);

    [Theory]
    [InlineData(5, RolledBack, Contention)]
    [InlineData(8, RolledBack, ReadOnly)]
    [InlineData(13, RolledBack, DiskFull)]
    [InlineData(19, RolledBack, Drift)]
    [InlineData(14, NotExecuted, FailureCause.Configuration)]
    [InlineData(1, RolledBack, Drift)]
    [InlineData(10, Unknown, Down)]
    [InlineData(11, Unknown, Down)]
    public void an_error_of_the_local_file(int code, AttemptOutcome outcome, FailureCause cause) => Expect(new SqliteException("x", code), outcome, cause);

    [Fact]
    public void our_own_exceptions_tell_what_they_wrap()
    {
        var full = new PostgresException("could not extend file", "ERROR", "ERROR", "53100");
        Expect(new StoreUnavailableException("x", full), RolledBack, DiskFull);
        Expect(new SchemaException("x", new PostgresException("x", "ERROR", "ERROR", "42P01")), RolledBack, Drift);
        Expect(new Holdfast.Stores.RowRefusedException("x", new PostgresException("x", "ERROR", "ERROR", "23514")), RolledBack, Drift);
        Expect(new AggregateException(new StoreUnavailableException("x", full), new TimeoutException()), Unknown, Down);
        Expect(new SchemaException("no tables"), NotExecuted, Drift);
        Expect(new InvalidInputException("content", "too long"), NotExecuted, Caller);
    }

    [Fact]
    public void what_is_not_the_providers_fault_does_not_count_against_it_and_every_cause_has_advice()
    {
        FailureCause[] innocent = [LocalPool, Caller, Cancelled, StatementTimeout, Contention];
        foreach (var cause in Enum.GetValues<FailureCause>())
        {
            var failure = new Failure(NotExecuted, cause, "x");
            Assert.Equal(!innocent.Contains(cause), failure.CountsAgainstProvider);
            Assert.True(failure.Advice.Length > 20 && failure.Advice.EndsWith('.'), $"{cause}: {failure.Advice}");
        }
        Assert.Equal(Enum.GetValues<FailureCause>().Length, Enum.GetValues<FailureCause>().Select(cause => new Failure(NotExecuted, cause, "x").Advice).Distinct().Count());
    }

    private static void Expect(Exception error, AttemptOutcome outcome, FailureCause cause)
    {
        var failure = FailureClassifier.Classify(error, sent: true);
        Assert.Equal((outcome, cause), (failure.Outcome, failure.Cause));
    }
}

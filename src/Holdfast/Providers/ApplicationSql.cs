using System.Data.Common;
using Holdfast.Providers.Failures;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>
/// The application's own statements on the primary. They are not merge-safe and their tables are there only: one is sent elsewhere
/// only where the caller says that it may run twice and anywhere.
/// </summary>
internal sealed class ApplicationSql(Router router, FailoverOptions options, TimeProvider time, Action<string, string, TimeSpan> slow)
{
    public async Task<T> RunAsync<T>(string sql, Func<PostgresStore, CancellationToken, Task<T>> run, bool repeatable, bool writes, CancellationToken cancellationToken)
    {
        var (failed, deadline) = (new AttemptList(), new CallDeadline(time, options.CallTimeout));
        foreach (var provider in writes ? router.WriteOrder() : router.ReadOrder())
        {
            if (deadline.IsOver) break;
            var started = time.GetTimestamp();
            try
            {
                return await provider.AttemptAsync(run, null, deadline.Within(options.CallTimeout), ours: false, cancellationToken).ConfigureAwait(false);
            }
            catch (AttemptFailedException e) when (e is { Failure.Cause: FailureCause.Caller or FailureCause.StatementTimeout, InnerException: DbException refused })
            {
                // The caller's own error is the same everywhere: it goes back as it came.
                throw refused;
            }
            catch (AttemptFailedException e)
            {
                failed.Add(e);
                if (!repeatable && e.Failure.Outcome == AttemptOutcome.Unknown) throw new UnknownOutcomeException(provider, failed);
                // Its tables are on the primary: elsewhere only where the caller says so.
                if (!repeatable) break;
            }
            finally
            {
                slow(provider.Name, sql, time.GetElapsedTime(started));
            }
        }
        throw failed.ToException("The statement was not run.");
    }
}

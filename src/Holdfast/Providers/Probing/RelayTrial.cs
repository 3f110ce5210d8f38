using System.Runtime.CompilerServices;
using Holdfast.Providers.Configuration;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>
/// The relay's own log-in at a provider, tried: an application that works says nothing of it, and without it no rows of others are brought over.
/// </summary>
/// <param name="WasTried">False: there is none, or the provider itself has a trouble that comes first.</param>
/// <param name="Problem">Why the relay cannot work there, in words that name the setting; null: it can, or it was not tried.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record RelayTrial(bool WasTried, string? Problem = null, string? Advice = null)
{
    /// <summary>A refused password is not sent again before: some providers ban an address after two.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromMinutes(2);

    private static readonly ConditionalWeakTable<Secret, Refusal> Refusals = [];

    private static readonly RelayTrial Not = new(WasTried: false);

    /// <summary>Opens one connection and asks who it is and what it sees. Only the caller's cancellation is thrown.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="work">What the application's own connection found there.</param>
    /// <param name="timeMax">How long to wait for an answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RelayTrial> RunAsync(ProviderOptions provider, string schema, ProbeReport work, TimeSpan timeMax, TimeProvider time, CancellationToken cancellationToken)
    {
        if (provider.RelayConnection is not { IsEmpty: false } connection || !work.IsHealthy || work.Facts.Server is not { } server) return Not;
        var setting = SettingNames.Relay(provider.Name);
        if (Refusals.TryGetValue(connection, out var refused) && time.GetElapsedTime(refused.At) < RefusedFor) return refused.Trial;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asking = Task.Run(() => AskAsync(provider, schema, stop.Token), CancellationToken.None);
        try
        {
            var (there, security) = await asking.WaitAsync(timeMax, time, cancellationToken).ConfigureAwait(false);
            return Judge(provider, schema, setting, there == server, security);
        }
        catch (TimeoutException)
        {
            return new(true, FormattableString.Invariant($"{setting}: no answer within {timeMax.TotalSeconds:0.#} s"), "holdfast relay status");
        }
        catch (HoldfastException e)
        {
            var trial = Wrong(setting, $"{setting}: {e.Message}");
            if (e.InnerException is PostgresException { SqlState: ['2', '8', ..] }) Refusals.AddOrUpdate(connection, new Refusal(trial, time.GetTimestamp()));
            return trial;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // A frozen server answers a cancellation as late as everything else; nobody waits for it.
            _ = asking.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private static RelayTrial Judge(ProviderOptions provider, string schema, string setting, bool isSame, RowSecurity security) => security switch
    {
        _ when !isSame => Wrong(setting, $"{setting} leads to another database than the provider '{provider.Name}'"),
        { Blind: { } blind } => Wrong(setting, $"{setting} connects as a role that no policy shows a row of {schema}.{blind}"),
        { ByTenant: true } => Wrong(setting, $"{setting} connects as {ProviderEndpoints.Relay(provider)!.Username}, which row-level security shows one tenant at a time"),
        _ => new(WasTried: true),
    };

    private static RelayTrial Wrong(string setting, string problem) => new(true, problem, $"set {setting} to the connection of the relay's role at this provider ('holdfast access apply --row-security' makes it)");

    private static async Task<(ServerStart Server, RowSecurity Security)> AskAsync(ProviderOptions provider, string schema, CancellationToken cancellationToken)
    {
        var settings = ProviderEndpoints.Relay(provider)!;
        settings.Pooling = false;
        var source = PostgresSource.Build(settings, provider.CertificateHost, loadsTypes: false);
        await using var _ = source.ConfigureAwait(false);
        try
        {
            var batch = source.CreateBatch();
            await using var __ = batch.ConfigureAwait(false);
            batch.BatchCommands.Add(new(ServerStart.Sql));
            batch.BatchCommands.Add(RowSecurity.LookAt(schema));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var ___ = reader.ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var server = ServerStart.Read(reader);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return (server, RowSecurity.Read(reader));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw PostgresErrors.Opening(e, $"{settings.Host}:{settings.Port}/{settings.Database}");
        }
    }

    private sealed record Refusal(RelayTrial Trial, long At);
}

using Holdfast.Erasure;
using Holdfast.Providers;
using Holdfast.Providers.Control;
using Holdfast.Relay;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Holdfast.Stores.Sqlite;

namespace Holdfast;

/// <summary>
/// An agent's memory: sessions, settings, messages between agents, durable work and the activity log, on one store. Open one
/// per process and keep it; every member is safe for any number of threads.
/// </summary>
/// <example>
/// <code>
/// await using var memory = await AgentMemory.OpenAsync();
/// var session = await memory.OpenSessionAsync("trip-to-lisbon", userId: "maria");
/// await session.AppendUserAsync("I would rather take the train.");
/// foreach (var message in await session.LoadAsync()) Console.WriteLine(message.Text);
/// </code>
/// </example>
public sealed class AgentMemory : IAsyncDisposable
{
    private AgentMemory(MemoryWriter writer, HoldfastOptions options, ErasureSweeper? sweeper)
    {
        Writer = writer;
        Sweeper = sweeper;
        Settings = new MemorySettings(writer, options.SettingsCacheFor, options.TimeProvider);
        Forgetting = new Forgetting(writer, sweeper, Settings.Forget);
        Jobs = new JobQueue(writer);
        Mailbox = new Mailbox(writer);
        Activity = new ActivityLog(writer);
    }

    internal MemoryWriter Writer { get; }

    /// <summary>Durable work: enqueue, claim, report.</summary>
    public JobQueue Jobs { get; }

    /// <summary>Messages between agents.</summary>
    public Mailbox Mailbox { get; }

    /// <summary>What an assistant did: commands, answers, screenshots, measurements.</summary>
    public ActivityLog Activity { get; }

    internal RelayRunner? Relay { get; private init; }

    internal Forgetting Forgetting { get; }

    private ErasureSweeper? Sweeper { get; }

    /// <summary>The providers that hold this memory; null for a memory on one store.</summary>
    public ProviderSet? Providers { get; private init; }

    /// <summary>Where the memory is, without secrets.</summary>
    public string Address => Writer.Store.Address;

    /// <summary>Whose data it is.</summary>
    public string TenantId => Writer.TenantId;

    /// <summary>Settings by category and name.</summary>
    public MemorySettings Settings { get; }

    /// <summary>Opens the local file, or the PostgreSQL server behind <paramref name="connection"/>.</summary>
    /// <param name="connection">A <c>postgres://</c> URL or an Npgsql connection string; null: the local file.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    /// <exception cref="SchemaException">The server's schema is missing or older; <c>holdfast schema migrate</c> makes it.</exception>
    public static Task<AgentMemory> OpenAsync(string? connection = null, CancellationToken cancellationToken = default) =>
        OpenAsync(new HoldfastOptions { Connection = connection }, cancellationToken);

    /// <summary>Opens a memory as the options say.</summary>
    public static async Task<AgentMemory> OpenAsync(HoldfastOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var clock = new Clock(options.TimeProvider);
        if (options is { Providers.Count: > 0, Failover.Enabled: true }) return await OpenSetAsync(options, clock, cancellationToken).ConfigureAwait(false);
        if (options.Providers.Count > 0) return await OpenAsync(await ProviderConnections.ConnectAsync(options.Providers[0], options, clock, cancellationToken).ConfigureAwait(false), clock, options, cancellationToken).ConfigureAwait(false);
        return options.Connection is { } connection
            ? await OpenAsync(await ProviderConnections.ConnectAsync(connection, options, clock, cancellationToken).ConfigureAwait(false), clock, options, cancellationToken).ConfigureAwait(false)
            : await OpenAsync(SqliteStore.Open(options.LocalFile ?? HoldfastHome.LocalFile(options.Home), options.TimeProvider, options.Rules), clock, options, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<AgentMemory> OpenAsync(IStore store, Clock clock, HoldfastOptions options, CancellationToken cancellationToken, MergeRules? rules = null)
    {
        var writer = new MemoryWriter(new FreezableStore(store, HoldfastHome.Resolve(options.Home)), clock, options.TenantId, rules ?? options.Rules);
        try
        {
            await writer.LearnErasuresAsync(cancellationToken).ConfigureAwait(false);
            // What a process that has ended left to sweep is done by the next one.
            return new AgentMemory(writer, options, store is PostgresStore or SqliteStore ? new ErasureSweeper(writer.Store, writer.LearnErasuresAsync, Timeout.InfiniteTimeSpan, options.TimeProvider) : null);
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<AgentMemory> OpenSetAsync(HoldfastOptions options, Clock clock, CancellationToken cancellationToken)
    {
        var local = SqliteStore.Open(options.LocalFile ?? HoldfastHome.LocalFile(options.Home), options.TimeProvider, options.Rules);
        try
        {
            // Before anything looks into the spool.
            await SpoolUpkeep.RedateAsync(local, options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await local.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var settings = new ProviderSetSettings(options.Failover, HoldfastHome.Resolve(options.Home), options.Schema, options.TenantId, clock, options.TimeProvider);
        if (options.RelayLeaseFor is { } lease) settings = settings with { RelayLeaseFor = lease };
        var access = new ProviderAccess([.. options.Providers.Select((provider, i) => ProviderConnections.Make(provider, i, options, clock))], new Spool(local, options.TimeProvider), settings);
        var writer = new MemoryWriter(access, clock, options.TenantId, options.Rules)
        {
            Concern = options.Failover.WriteConcern,
            ConcernTimeout = options.Failover.CallTimeout,
            TimeProvider = options.TimeProvider,
            MajorityRows = new RowWriter(access.MergeWidelyAsync, access.ConcurrentBatchesMax),
            LocalRows = new RowWriter(access.MergeLocallyAsync, concurrentBatchesMax: 1),
        };
        var relay = new RelayRunner(access);
        try
        {
            await access.StartAsync(cancellationToken).ConfigureAwait(false);
            await relay.StartAsync(cancellationToken).ConfigureAwait(false);
            // What cannot be asked now is asked when a write is answered as erased: the memory opens without any provider.
            writer.Learn(await access.Erasures.RunAsync(connects: false, cancellationToken).ConfigureAwait(false));
            return new AgentMemory(writer, options, new ErasureSweeper(access, async token => writer.Learn(await access.Erasures.RunAsync(connects: true, token).ConfigureAwait(false)), options.Failover.ProbeIntervalAsleep, options.TimeProvider)) { Providers = new ProviderSet(access), Relay = relay };
        }
        catch
        {
            await relay.DisposeAsync().ConfigureAwait(false);
            await writer.DisposeAsync().ConfigureAwait(false);
            await access.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a session with an id of its own.</summary>
    public Task<Session> StartSessionAsync(string? userId = null, string? title = null, System.Text.Json.JsonElement? metadata = null, CancellationToken cancellationToken = default) =>
        StartAsync($"session_{Writer.Clock.Next()}", userId, title, metadata, isNew: true, cancellationToken);

    /// <summary>
    /// Resumes the session, or starts it where there is none of that id yet. While no provider answers the conversation goes on
    /// in the spool all the same; whether the session exists is then found out when it is opened the next time.
    /// </summary>
    /// <exception cref="HoldfastException">The session was deleted; restore it first.</exception>
    public async Task<Session> OpenSessionAsync(string sessionId, string? userId = null, CancellationToken cancellationToken = default)
    {
        Check.Text("user_id", userId);
        try
        {
            return await ResumeSessionAsync(sessionId, cancellationToken).ConfigureAwait(false) is { } session
                ? session
                : await GetSessionInfoAsync(sessionId, cancellationToken).ConfigureAwait(false) is { IsDeleted: true }
                    ? throw new HoldfastException($"Session '{sessionId}' was deleted. Restore it ('holdfast session restore {sessionId}'), or use another id.")
                    : await StartAsync(sessionId, userId, null, null, isNew: false, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (Providers is not null)
        {
            // To start it anew, with a title of nothing, could put the one that exists aside.
            return new Session(Writer, sessionId, userId);
        }
    }

    /// <summary>The session of that id, ready to go on; null when there is none, or when it was deleted.</summary>
    public async Task<Session?> ResumeSessionAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        if (await GetSessionInfoAsync(sessionId, cancellationToken).ConfigureAwait(false) is not { IsDeleted: false } info) return null;
        var session = new Session(Writer, info.Id, info.UserId);
        await session.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>What is known of a session, also of a deleted one; null when there is none.</summary>
    public async Task<SessionInfo?> GetSessionInfoAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        Check.Id("session_id", sessionId);
        return await SessionQueries.OneAsync(Writer.Store, TenantId, sessionId, SessionInfo.Read, cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sessions, those changed last first.</summary>
    /// <param name="userId">Of one user; null: of all.</param>
    /// <param name="withDeleted">True: also those that were deleted.</param>
    /// <param name="before">Only those below this revision: the next page.</param>
    /// <param name="countMax">At most this many.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public IAsyncEnumerable<SessionInfo> ListSessionsAsync(
        string? userId = null, bool withDeleted = false, Stamp? before = null, int countMax = int.MaxValue, CancellationToken cancellationToken = default)
    {
        Check.Text("user_id", userId);
        return SessionQueries.ListAsync(Writer.Store, TenantId, userId, before ?? new Stamp(Guid.AllBitsSet), withDeleted, countMax, SessionInfo.Read, cancellationToken);
    }

    /// <summary>Hides a session; <see cref="RestoreSessionAsync"/> brings it back.</summary>
    public Task DeleteSessionAsync(string sessionId, CancellationToken cancellationToken = default) => new Session(Writer, Check.Id("session_id", sessionId), null).DeleteAsync(cancellationToken);

    /// <summary>Brings a deleted session back.</summary>
    public Task RestoreSessionAsync(string sessionId, CancellationToken cancellationToken = default) => new Session(Writer, Check.Id("session_id", sessionId), null).RestoreAsync(cancellationToken);

    /// <summary>Messages and records that have any of the query's words, the best first.</summary>
    /// <param name="query">Words in any number; signs and operators mean nothing.</param>
    /// <param name="userId">Only of this user; null: of all.</param>
    /// <param name="sessionId">Only of this session; null: of all.</param>
    /// <param name="countMax">At most this many.</param>
    /// <param name="cancellationToken">Stops searching.</param>
    public async Task<IReadOnlyList<RecalledMemory>> RecallAsync(string query, string? userId = null, string? sessionId = null, int countMax = 10, CancellationToken cancellationToken = default)
    {
        Check.Text("query", query, Limits.TextBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(countMax);
        var words = new SearchWords(query);
        if (words.IsEmpty) return [];
        var found = await SessionQueries.SearchAsync(Writer.Store, TenantId, words, userId, sessionId, countMax, SessionMemory.Read, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (memory, _) in found) Writer.Floors.Seen(Floors.Scope.Conversation, memory.SessionId, memory.Stamp);
        return [.. found.Select(hit => new RecalledMemory(hit.Memory, hit.Score))];
    }

    /// <summary>
    /// Forgets a user for good: content is emptied in every store, wherever and whenever it arrives. The receipt says what each
    /// store has come to; one that is away forgets when it is back.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Neither a provider nor the local file took the erasure; nothing was forgotten.</exception>
    public Task<ForgetReceipt> ForgetUserAsync(string userId, CancellationToken cancellationToken = default) => Forgetting.ForgetAsync(Check.Id("user_id", userId), null, cancellationToken);

    /// <summary>
    /// Forgets a session for good: content is emptied in every store, wherever and whenever it arrives. The receipt says what each
    /// store has come to; one that is away forgets when it is back.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Neither a provider nor the local file took the erasure; nothing was forgotten.</exception>
    public Task<ForgetReceipt> ForgetSessionAsync(string sessionId, CancellationToken cancellationToken = default) => Forgetting.ForgetAsync(null, Check.Id("session_id", sessionId), cancellationToken);

    private async Task<Session> StartAsync(string sessionId, string? userId, string? title, System.Text.Json.JsonElement? metadata, bool isNew, CancellationToken cancellationToken)
    {
        Check.Id("session_id", sessionId);
        Check.Text("user_id", userId);
        SessionInfo.CheckInput(title, metadata);
        var session = new Session(Writer, sessionId, userId);
        if (!isNew) await session.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        await session.RegisterAsync(title, metadata, isNew ? null : await session.GetInfoAsync(cancellationToken).ConfigureAwait(false), null, cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Sweeper is not null) await Sweeper.DisposeAsync().ConfigureAwait(false);
        await Writer.DisposeAsync().ConfigureAwait(false);
        if (Relay is not null) await Relay.DisposeAsync().ConfigureAwait(false);
        await Writer.Store.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>A memory that was found, with how well it fits; scores compare within one answer only.</summary>
/// <param name="Memory">What was found.</param>
/// <param name="Score">How well it fits; higher is better.</param>
public sealed record RecalledMemory(SessionMemory Memory, double Score);

using System.Text.Json;
using Holdfast.Tests.Rows;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>A memory at one place with a tenant of its own, on a clock that the local file's tests can move.</summary>
public abstract class WorkTest(Place place) : IAsyncLifetime
{
    private AgentMemory? _memory;
    private HoldfastOptions? _options;

    private protected ManualTime Time { get; } = new();

    /// <summary>True where claims run on a clock that the test moves; a server's clock moves by itself.</summary>
    protected bool HasManualTime => place == Place.LocalFile;

    private protected AgentMemory Memory => _memory!;

    private protected JobQueue Jobs => Memory.Jobs;

    public async ValueTask InitializeAsync()
    {
        _options = await TestPlaces.OptionsAsync(place);
        if (HasManualTime) _options.TimeProvider = Time;
        _memory = await AgentMemory.OpenAsync(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_memory is not null) await _memory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another process with the same memory.</summary>
    private protected Task<AgentMemory> OpenAnotherAsync() => AgentMemory.OpenAsync(_options!);

    private protected static JsonElement Json(string text) => JsonElement.Parse(text);

    /// <summary>A limit that ends soon on a server's clock.</summary>
    private protected TimeSpan Short => HasManualTime ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(60);

    private protected static TimeSpan Long => TimeSpan.FromMinutes(10);

    /// <summary>Claims one job as soon as the time has come: the test's clock is moved, a server's is waited for.</summary>
    private protected async Task<ClaimedJob> ClaimWhenDueAsync(JobKind kind, string worker, TimeSpan? limit = null)
    {
        ClaimedJob? claimed = null;
        await TestServers.Wait.UntilAsync(async () =>
        {
            claimed = (await Jobs.ClaimAsync(kind, worker, limit ?? Long)).SingleOrDefault();
            if (claimed is null && HasManualTime) Time.Advance(TimeSpan.FromSeconds(1));
            return claimed is not null;
        }, "a job is due");
        return claimed!;
    }

    private protected async Task<JobInfo> FindAsync(JobEntry job) => (await Jobs.FindAsync(job.Kind, job.Id))!;
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using Holdfast.Operations.Diagnosis;
using Holdfast.Operations.Monitoring;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Verification;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Probing;
using Holdfast.Relay.Digests;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Secrets;

/// <summary>What the library throws, logs, measures and prints holds no password, in this process and at the driver's most talkative.</summary>
public sealed class LibraryLeakTests(KeyedServer server) : IClassFixture<KeyedServer>
{
    private SecretScan Scan => field ??= new SecretScan(server.Secrets);

    [Fact]
    public async Task no_exception_log_activity_or_measurement_holds_a_password()
    {
        var said = new ConcurrentQueue<string>();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Holdfast" or "Npgsql" || source.Name.StartsWith("System.Net", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => said.Enqueue($"activity {activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(activities);
        using var measures = new MeterListener();
        measures.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        measures.SetMeasurementEventCallback<int>((instrument, _, tags, _) => said.Enqueue($"measure {instrument.Name} {Text(tags)}"));
        measures.SetMeasurementEventCallback<long>((instrument, _, tags, _) => said.Enqueue($"measure {instrument.Name} {Text(tags)}"));
        measures.SetMeasurementEventCallback<double>((instrument, _, tags, _) => said.Enqueue($"measure {instrument.Name} {Text(tags)}"));
        measures.Start();
        using var logs = new QueueLogs(said);
        NpgsqlLoggingConfiguration.InitializeLogging(logs);

        foreach (var (name, connection) in server.Urls.Concat(server.Unreadable))
        {
            var provider = new ProviderOptions { Name = name, Connection = connection, RelayConnection = connection };
            var options = Options(provider);
            await CatchAsync($"{name}: open", async () => { await using var memory = await AgentMemory.OpenAsync(connection); });
            await CatchAsync($"{name}: set", async () =>
            {
                await using var memory = await AgentMemory.OpenAsync(options);
                await (await memory.OpenSessionAsync("s")).AppendUserAsync("hello");
                foreach (var one in memory.Providers!.List()) Scan.Look($"{name}: provider", one.ToString());
                await memory.Providers.QueryAsync("select no_such_column", row => row.GetInt32(0));
            });
            await CatchAsync($"{name}: migrate", () => new SchemaMigrator(connection).MigrateAsync());
            await CatchAsync($"{name}: probe", async () => Scan.Look($"{name}: probe", Json(await new ProbeLadder(name, ProviderEndpoints.Work(provider), "holdfast", TimeProvider.System).RunAsync(CancellationToken.None))));
            await CatchAsync($"{name}: verify", async () => { await using var reached = await ReachedStores.OpenAsync(options.Providers, options, CancellationToken.None); foreach (var one in reached.Unreached) Scan.Look($"{name}: unreached", one.Error); });
            await CatchAsync($"{name}: status", async () => Scan.Look($"{name}: status", Json(await new StatusGatherer(options, [provider]).GatherAsync(withTables: true, CancellationToken.None))));
            await CatchAsync($"{name}: facts", async () =>
            {
                var facts = await new FactGatherer(new HoldfastConfiguration(options, [], [], []), TimeProvider.System).GatherAsync(CancellationToken.None);
                Scan.Look($"{name}: facts", $"{facts} {string.Join('\n', facts.Providers)} {string.Join('\n', SecurityRules.Find(facts))}");
            });
        }
        measures.RecordObservableInstruments();
        foreach (var line in said) Scan.Look("log, activity or measurement", line);
        Assert.Contains(said, line => line.StartsWith("log ", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("activity ", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("measure ", StringComparison.Ordinal));
        AssertClean();
    }

    [Fact]
    public void options_and_whatever_holds_them_print_no_password()
    {
        var options = Options([.. server.Urls.Select(url => new ProviderOptions { Name = url.Key, Connection = url.Value, ControlConnection = url.Value, RelayConnection = url.Value })]);
        options.Connection = server.Urls["good"];
        Scan.Look("json", JsonSerializer.Serialize(options.Providers));
        Scan.Look("json of the connection", JsonSerializer.Serialize(new { options.Connection, Text = $"{options.Connection}" }));
        Scan.Look("text", string.Join('\n', options.Providers.Select(provider => $"{provider} {provider.Connection} {provider.ControlConnection} {provider.RelayConnection}").Append($"{options} {options.Connection}")));
        // What loggers do that take an object apart: every public property, to the bottom.
        Scan.Look("reflection", string.Join('\n', options.Providers.Cast<object>().Append(options).SelectMany(Properties)));
        Scan.Look("a setting as it was found", new FoundValue("HOLDFAST_PROVIDER_A", server.Urls["good"], "environment").ToString());
        Scan.Look("a configuration", new HoldfastConfiguration(options, [], [], []).ToString());
        Scan.Look("a target", new Holdfast.Cli.Targets.StoreTarget("good", "there", options).ToString());
        AssertClean();
    }

    private static IEnumerable<string> Properties(object holder) => holder.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0).SelectMany(property =>
    {
        var value = property.GetValue(holder);
        return value is Secret ? value.GetType().GetProperties().Select(own => $"{property.Name}.{own.Name}={own.GetValue(value)}").Append($"{property.Name}={value}") : [$"{property.Name}={value}"];
    });

    private async Task CatchAsync(string what, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException or ArgumentException)
        {
            Scan.Look(what, e);
        }
    }

    private static HoldfastOptions Options(params ReadOnlySpan<ProviderOptions> providers)
    {
        var options = new HoldfastOptions { Home = Directory.CreateTempSubdirectory("holdfast-leaks-").FullName };
        foreach (var provider in providers) options.Providers.Add(provider);
        return options;
    }

    private static string Json(object value) => $"{value} {JsonSerializer.Serialize(value)}";

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray());

    private void AssertClean()
    {
        Assert.True(Scan.Looked > 5);
        Assert.True(Scan.Leaks.Count == 0, string.Join('\n', Scan.Leaks.Distinct().Take(20)));
    }

    private sealed class QueueLogs(ConcurrentQueue<string> said) : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider) { }

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        // Not the text alone: a structured log keeps every value.
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            said.Enqueue($"log {formatter(state, exception)} {exception} {(state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Key}={value.Value}"))) : "")}");

        public void Dispose() { }
    }
}

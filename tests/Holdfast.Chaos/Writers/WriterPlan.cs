using System.Text.Json;

namespace Holdfast.Chaos.Writers;

/// <summary>What a writer process is told at its start, as one line of JSON.</summary>
internal sealed record WriterPlan
{
    public required int Writer { get; init; }

    /// <summary>How often it was started before.</summary>
    public required int Life { get; init; }

    public required int Seed { get; init; }

    public required string Tenant { get; init; }

    public required string Home { get; init; }

    /// <summary>The providers in their order, each through this writer's own proxy.</summary>
    public required IReadOnlyList<string> Connections { get; init; }

    /// <summary>How many writers there are: it reads the others' sessions too.</summary>
    public required int Writers { get; init; }

    /// <summary>What this machine's clock is off by.</summary>
    public TimeSpan ClockShift { get; init; }

    public Mutation Mutation { get; init; }

    public const int Lanes = 2;

    public const string SharedSession = "shared";

    public static string SessionOf(int writer, int lane) => FormattableString.Invariant($"writer {writer} lane {lane}");

    public string ToLine() => JsonSerializer.Serialize(this);

    public static WriterPlan FromLine(string line) => JsonSerializer.Deserialize<WriterPlan>(line)!;

    /// <summary>How its memory is opened.</summary>
    public HoldfastOptions Options(TimeProvider time)
    {
        var options = new HoldfastOptions { TenantId = Tenant, Home = Home, TimeProvider = time };
        for (var i = 0; i < Connections.Count; i++)
            options.Providers.Add(new ProviderOptions { Name = FormattableString.Invariant($"p{i}"), Connection = Connections[i], ControlConnection = Connections[i] });
        // A run is over in seconds: what takes half a minute by default would never be seen in it.
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        options.Failover.FailbackAfter = TimeSpan.FromSeconds(1);
        // A server that is being replaced lacks the database for a moment, which counts as a wrong setting.
        options.Failover.ProbePauseAfterRefusedPassword = TimeSpan.FromSeconds(1);
        options.Failover.AttemptTimeout = TimeSpan.FromSeconds(2);
        options.Failover.CallTimeout = TimeSpan.FromSeconds(4);
        options.RelayLeaseFor = TimeSpan.FromSeconds(2);
        Mutation.Apply(options);
        return options;
    }
}

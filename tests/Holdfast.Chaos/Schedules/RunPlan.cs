using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;

namespace Holdfast.Chaos.Schedules;

/// <summary>All that a run will do, decided before it begins: the same seed gives the same plan.</summary>
internal sealed record RunPlan
{
    /// <summary>What destroys data: every fourth seed, each kind in its turn, so that a dozen seeds has all of them.</summary>
    private static readonly Destruction[] Destructions = [Destruction.RolledBack, Destruction.DiskLost, Destruction.SpoolTruncated];

    public required int Seed { get; init; }

    /// <summary>The home that each writer has its local file in; two may share one.</summary>
    public required IReadOnlyList<int> Homes { get; init; }

    /// <summary>What each writer's clock is off by.</summary>
    public required IReadOnlyList<TimeSpan> ClockShifts { get; init; }

    /// <summary>A writer that reaches nobody when it starts, so that nothing corrects its clock; null: none.</summary>
    public int? StartsCutOff { get; init; }

    /// <summary>The faults of each phase; between two phases everything is healed.</summary>
    public required IReadOnlyList<IReadOnlyList<FaultStep>> Phases { get; init; }

    public required TimeSpan PhaseLength { get; init; }

    /// <summary>What happens between the phases.</summary>
    public Destruction Destruction { get; init; }

    /// <summary>To which provider or writer.</summary>
    public int DestructionTarget { get; init; }

    public Mutation Mutation { get; init; }

    public int Writers => Homes.Count;

    public int FaultCount => Phases.Sum(phase => phase.Count) + (Destruction == Destruction.None ? 0 : 1) + ClockShifts.Count(shift => shift != TimeSpan.Zero);

    public override string ToString() =>
        $"writers {Writers} on homes {string.Join(",", Homes)}, clocks {string.Join(",", ClockShifts.Select(shift => shift.TotalSeconds))}, "
        + string.Join(" | ", Phases.Select(phase => string.Join(", ", phase.Select(step => FormattableString.Invariant($"{step.At.TotalSeconds:0.0}+{step.For.TotalSeconds:0.0}s {step}")))))
        + (Destruction == Destruction.None ? "" : $", between: {Destruction} {DestructionTarget}");

    /// <param name="seed">What the plan is drawn from.</param>
    /// <param name="canFillDisks">False: this machine cannot mount small disks.</param>
    public static RunPlan Of(int seed, bool canFillDisks)
    {
        var random = new Random(seed);
        var writers = random.Next(10) switch { < 5 => 2, < 9 => 3, _ => 4 };
        var homes = Enumerable.Range(0, writers).ToArray();
        if (writers > 2 && random.Next(2) == 0) homes[2] = homes[1];
        var shifts = new TimeSpan[writers];
        int? cutOff = null;
        if (random.Next(2) == 0)
        {
            var wrong = random.Next(writers);
            shifts[wrong] = random.Next(4) switch { 0 => TimeSpan.FromSeconds(30), 1 => TimeSpan.FromHours(-1), _ => TimeSpan.FromHours(1) };
            if (random.Next(2) == 0) cutOff = wrong;
        }
        var length = TimeSpan.FromSeconds(2.5);
        var destruction = seed % 4 == 0 ? Destructions[seed / 4 % Destructions.Length] : Destruction.None;
        return new RunPlan
        {
            Seed = seed, Homes = homes, ClockShifts = shifts, StartsCutOff = cutOff, PhaseLength = length,
            Phases = [Phase(random, writers, length, canFillDisks), Phase(random, writers, length, canFillDisks)],
            Destruction = destruction,
            DestructionTarget = destruction == Destruction.SpoolTruncated ? random.Next(writers) : random.Next(ChaosServers.Count),
        };
    }

    private static FaultStep[] Phase(Random random, int writers, TimeSpan length, bool canFillDisks)
    {
        var kinds = Enum.GetValues<FaultKind>().Where(kind => canFillDisks || kind != FaultKind.DiskFull).ToArray();
        var steps = new List<FaultStep>();
        var wanted = 3 + random.Next(4);
        // Those that disturb each other are drawn again, but not for ever.
        for (var i = 0; i < 40 && steps.Count < wanted; i++)
        {
            var kind = kinds[random.Next(kinds.Length)];
            var at = TimeSpan.FromMilliseconds(random.Next((int)(length.TotalMilliseconds * 0.7)));
            var lasts = TimeSpan.FromMilliseconds(150 + random.Next((int)(length - at).TotalMilliseconds));
            int? writer = kind is FaultKind.WriterKilled or FaultKind.WriterStopped || (IsOfLinks(kind) && random.Next(3) == 0) ? random.Next(writers) : null;
            var step = new FaultStep(kind, at, lasts, random.Next(ChaosServers.Count), writer) { Dice = random.Next() };
            if (!steps.Any(other => Disturb(step, other))) steps.Add(step);
        }
        return [.. steps.OrderBy(step => step.At)];
    }

    private static bool IsOfLinks(FaultKind kind) => kind is FaultKind.AnswersCut or FaultKind.RequestsCut or FaultKind.Blackhole or FaultKind.Refused
        or FaultKind.AcceptedAndReset or FaultKind.Reset or FaultKind.Latency or FaultKind.CutAfterCommit;

    private static bool IsOfWriter(FaultKind kind) => kind is FaultKind.WriterKilled or FaultKind.WriterStopped;

    private static bool IsOfAll(FaultKind kind) => kind is FaultKind.AllRefused or FaultKind.Split;

    // Faults of different servers and writers run into each other; two of the same would only undo each other.
    private static bool Disturb(FaultStep one, FaultStep other)
    {
        if (one.At > other.At + other.For || other.At > one.At + one.For) return false;
        if (IsOfWriter(one.Kind) || IsOfWriter(other.Kind)) return IsOfWriter(one.Kind) && IsOfWriter(other.Kind) && one.Writer == other.Writer;
        return IsOfAll(one.Kind) || IsOfAll(other.Kind) || one.Provider == other.Provider;
    }
}

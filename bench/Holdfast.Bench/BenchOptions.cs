namespace Holdfast.Bench;

/// <summary>What <c>run.sh</c> tells the program: where the servers are and which measures are wanted.</summary>
internal sealed record BenchOptions
{
    /// <summary>The server itself.</summary>
    public string? Direct { get; init; }

    /// <summary>The same server behind PgBouncer in transaction mode.</summary>
    public string? Pooled { get; init; }

    /// <summary>The published command line.</summary>
    public string? Cli { get; init; }

    /// <summary>Where the result goes.</summary>
    public string Results { get; init; } = "bench/results";

    /// <summary>A folder on the disk that is measured, for local files.</summary>
    public string Work { get; init; } = Path.GetTempPath();

    /// <summary>The measures to run; empty: all but <c>large</c>, which takes minutes and 10 GB of disk, and <c>failover-…</c>, <c>relay-…</c>, <c>constraint-fix</c> and <c>migration-stall</c>, which take minutes too.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Rounds of ours and raw; more are steadier.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Rows of the large table of <c>large</c> (10 million without it), <c>relay-steady</c> and <c>constraint-fix</c> (1 million).</summary>
    public int? LargeRows { get; init; }

    /// <summary>Rows that a catch-up brings over in <c>relay-catchup</c> and <c>relay-beside</c>.</summary>
    public int Rows { get; init; } = 200_000;

    /// <summary>Seconds that <c>relay-lag</c> and <c>relay-beside</c> measure at a time, and that <c>migration-stall</c> has a reader in the way.</summary>
    public int Seconds { get; init; } = 20;

    /// <summary>Rows of the <c>relay-verify</c> measure, on each of three providers.</summary>
    public int VerifyRows { get; init; } = 1_000_000;

    /// <summary>Rows of the <c>import</c> measure.</summary>
    public int ImportRows { get; init; } = 1_000_000;

    /// <summary>Faults that ours goes through in each <c>failover</c> measure.</summary>
    public int Faults { get; init; } = 200;

    /// <summary>… and each peer: seconds each, where ours takes a fraction of one.</summary>
    public int PeerFaults { get; init; } = 20;

    /// <summary>True in the child process whose peak memory the import measures.</summary>
    public bool ImportChild { get; init; }

    public bool Wants(string measure) => Only.Count == 0 ? !IsLong(measure) : Only.Contains(measure);

    private static bool IsLong(string measure) =>
        measure is "large" or "constraint-fix" or "migration-stall" or "row-security" || measure.StartsWith("failover-", StringComparison.Ordinal) || measure.StartsWith("relay-", StringComparison.Ordinal);

    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions();
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} needs a value.");
            int Number() => int.Parse(Value(), System.Globalization.CultureInfo.InvariantCulture);
            switch (args[i])
            {
                case "--direct": options = options with { Direct = Value() }; break;
                case "--pooled": options = options with { Pooled = Value() }; break;
                case "--cli": options = options with { Cli = Value() }; break;
                case "--results": options = options with { Results = Value() }; break;
                case "--work": options = options with { Work = Value() }; break;
                case "--only": options = options with { Only = Value().Split(',') }; break;
                case "--rounds": options = options with { Rounds = Number() }; break;
                case "--large-rows": options = options with { LargeRows = Number() }; break;
                case "--rows": options = options with { Rows = Number() }; break;
                case "--seconds": options = options with { Seconds = Number() }; break;
                case "--verify-rows": options = options with { VerifyRows = Number() }; break;
                case "--import-rows": options = options with { ImportRows = Number() }; break;
                case "--faults": options = options with { Faults = Number() }; break;
                case "--peer-faults": options = options with { PeerFaults = Number() }; break;
                case "--import-child": options = options with { ImportChild = true }; break;
                default:
                    Console.Error.WriteLine($"'{args[i]}' is unknown. Allowed: --direct URL --pooled URL --cli FILE --results FOLDER --work FOLDER --only a,b --rounds N --large-rows N --rows N --seconds N --verify-rows N --import-rows N --faults N --peer-faults N");
                    return null;
            }
        }
        return options;
    }
}

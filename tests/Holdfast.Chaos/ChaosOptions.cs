using System.Globalization;

namespace Holdfast.Chaos;

/// <summary>What <c>./chaos.sh</c> is asked to do.</summary>
internal sealed record ChaosOptions
{
    public const string Help = """
        Holdfast.Chaos: writers and servers through random faults, and a checker that counts every row afterwards.

          ./chaos.sh [--seed S] [--seeds N] [--minutes N] [--keep FOLDER] [--verbose]

          --seed S      the first seed (1); a failure names the seed to give here
          --seeds N     how many seeds, one after the other (1)
          --minutes N   instead: seeds until this many minutes are over
          --keep FOLDER the ledgers of runs that do not hold go there
          --verbose     each run's plan before it begins

        Example: ./chaos.sh --minutes 30 --seed 1000
        Exit codes: 0 every run holds, 1 a run does not, 2 usage.
        """;

    public int Seed { get; init; } = 1;

    public int Seeds { get; init; } = 1;

    public double? Minutes { get; init; }

    /// <summary>Where the ledgers of runs that do not hold go; null: nowhere.</summary>
    public string? Keep { get; init; }

    public bool Verbose { get; init; }

    public bool WantsHelp { get; init; }

    /// <summary>Null: they make no sense; why stands in <paramref name="problem"/>.</summary>
    public static ChaosOptions? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        var options = new ChaosOptions();
        problem = "";
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--help" or "-h":
                    options = options with { WantsHelp = true };
                    continue;
                case "--verbose":
                    options = options with { Verbose = true };
                    continue;
                case "--keep" when i + 1 < arguments.Count:
                    options = options with { Keep = arguments[++i] };
                    continue;
                case "--seed" or "--seeds" or "--minutes":
                    break;
                default:
                    problem = $"'{arguments[i]}' is unknown. Allowed: --seed, --seeds, --minutes, --keep, --verbose, --help.";
                    return null;
            }
            var name = arguments[i];
            if (++i == arguments.Count || !int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (number == 0 && name != "--seed"))
            {
                problem = $"{name} needs a whole number above 0.";
                return null;
            }
            options = name switch
            {
                "--seed" => options with { Seed = number },
                "--seeds" => options with { Seeds = number },
                _ => options with { Minutes = number },
            };
        }
        return options;
    }
}

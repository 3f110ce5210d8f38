namespace Holdfast.Tests.Merging;

/// <summary>How often a step of a schedule is which, and how safe rows are held.</summary>
/// <param name="Holders">A row leaves the spool when so many stores hold it. With one, a restore may lose rows: then only convergence is promised.</param>
internal sealed record ScheduleProfile(
    int Append = 22, int Revise = 12, int Read = 12, int Erase = 5, int Push = 11, int Pull = 18, int Outage = 6, int Copy = 4, int RollBack = 5, int AllUp = 5,
    int Stores = 3, int Holders = 2, int RollBacksMax = 1, double Lost = 0.25, double Cut = 0.4)
{
    /// <summary>As the reference model plays.</summary>
    public static readonly ScheduleProfile Model = new();

    /// <summary>The same few keys written on every side, with rows that only one store may hold and nothing set back.</summary>
    public static readonly ScheduleProfile Replacements = new(Append: 40, Revise: 0, Erase: 1, Pull: 30, RollBack: 0, Holders: 1);

    /// <summary>Restores and pulls above all, between two stores, with rows that only one of them may hold.</summary>
    public static readonly ScheduleProfile Restores = new(
        Append: 30, Revise: 0, Read: 0, Erase: 1, Push: 10, Pull: 30, Outage: 0, Copy: 12, RollBack: 12, AllUp: 0, Stores: 2, Holders: 1, RollBacksMax: 3, Lost: 0.4, Cut: 0.6);

    /// <summary>The same with most answers lost: a retry of a row that is there moves the feed's counter and leaves no row behind.</summary>
    public static readonly ScheduleProfile Retries = Restores with { Append = 45, Push = 20, Lost = 0.7 };
}

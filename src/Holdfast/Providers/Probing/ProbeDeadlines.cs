namespace Holdfast.Providers.Probing;

/// <summary>How long a probe may take.</summary>
/// <param name="Step">One rung.</param>
/// <param name="Total">All of them.</param>
internal sealed record ProbeDeadlines(TimeSpan Step, TimeSpan Total)
{
    public static readonly ProbeDeadlines Default = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));
}

namespace Holdfast.Bench;

/// <summary>One row of work in the result.</summary>
internal interface IMeasure
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context);
}

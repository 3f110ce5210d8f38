namespace Holdfast.Operations.Schema.Lint;

/// <summary>Something in a file that would stop an application while it runs.</summary>
/// <param name="Rule">Its name, as squawk names it where squawk has it.</param>
/// <param name="Line">Where, from 1.</param>
/// <param name="Message">What would happen.</param>
/// <param name="Remedy">The safe way to the same end.</param>
internal sealed record LintFinding(string Rule, int Line, string Message, string Remedy);

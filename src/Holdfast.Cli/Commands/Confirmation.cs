using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>The question before a change that is not to happen by accident.</summary>
internal static class Confirmation
{
    /// <summary>Asks, unless <c>--yes</c> was said. Stands before the first change, in every command that asks.</summary>
    /// <exception cref="CliException">The answer was no (5), or nobody is there to give one (4).</exception>
    public static void Require(Invocation invocation, string question)
    {
        if (invocation.Yes) return;
        if (!Terminal.CanAsk) throw new CliException(ExitCode.Refused, $"Nobody is there to be asked: {question} Nothing was changed.", invocation.Again("--yes"));
        if (!Terminal.Ask(question)) throw new CliException(ExitCode.Cancelled, "The answer was no. Nothing was changed.");
    }
}

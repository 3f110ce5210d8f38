namespace Holdfast.Cli.Output;

/// <summary>The exit codes of the contract; no other leaves the program.</summary>
internal enum ExitCode
{
    Done = 0,
    Failed = 1,
    Usage = 2,
    Permission = 3,
    Refused = 4,
    Cancelled = 5,
    NotFound = 6,
    Conflict = 7,
    Unreachable = 8,
    VerificationFailed = 9,
    Findings = 10,
}

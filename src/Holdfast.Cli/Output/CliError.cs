using System.Text.Json;
using Holdfast.Operations.Access;
using Holdfast.Operations.Control;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores;
using Npgsql;

namespace Holdfast.Cli.Output;

/// <summary>An error as the command line shows it: a code, the fact, and the next step.</summary>
internal sealed record CliError(ExitCode Code, string Message, string? Suggestion = null)
{
    /// <summary>The one place that turns what was thrown into an exit code.</summary>
    public static CliError Of(Exception error) => error switch
    {
        CliException e => e.Error,
        InvalidInputException e => new(ExitCode.Usage, e.Message),
        ArgumentException or JsonException => new(ExitCode.Usage, error.Message),
        RevisionConflictException e => new(ExitCode.Conflict, e.Message),
        SchemaLockException e => new(ExitCode.Conflict, e.Message),
        LockNotGrantedException or AccessLockException => new(ExitCode.Conflict, error.Message),
        Holdfast.Operations.Schema.Rollout.RolloutDriftException e => new(ExitCode.VerificationFailed, e.Message, e.Next),
        SchemaVerificationException or ServerChangedException => new(ExitCode.VerificationFailed, error.Message),
        Holdfast.Operations.Schema.Drift.SchemaRepairException e => new(e.IsBlocked ? ExitCode.Conflict : ExitCode.Failed, e.Message, "holdfast schema drift"),
        SchemaException { InnerException: PostgresException { SqlState: "42501" } } e => new(ExitCode.Permission, e.Message),
        SchemaException e => new(ExitCode.Refused, e.Message),
        AccessBlockedException e => new(ExitCode.Refused, e.Message, "holdfast access plan"),
        RolloutStoppedException { InnerException: { } inner } e => Of(inner) with { Message = e.Message },
        MigrationFailedException e => new(e.IsBlocked ? ExitCode.Conflict : e.SqlState == PostgresErrorCodes.InsufficientPrivilege ? ExitCode.Permission : ExitCode.Failed, e.Message),
        ControlRefusedException e => new(e.IsUnknownProvider ? ExitCode.Usage : ExitCode.Refused, e.Message, e.Suggestion),
        WritesFrozenException e => new(ExitCode.Refused, e.Message, "holdfast freeze off"),
        SpoolFullException e => new(ExitCode.Refused, e.Message, "holdfast status"),
        // It is in the spool and goes on: to do it again would be wrong, so it is no failure.
        WriteConcernException e => new(ExitCode.Findings, e.Message, "holdfast status"),
        UnknownOutcomeException e => new(ExitCode.Failed, e.Message),
        StoreUnavailableException { InnerException: PostgresException { SqlState: "42501" or "28P01" or "28000" } } e => new(ExitCode.Permission, e.Message),
        StoreUnavailableException { InnerException: UnauthorizedAccessException } e => new(ExitCode.Permission, e.Message),
        StoreUnavailableException e => new(ExitCode.Unreachable, e.Message),
        OperationCanceledException => new(ExitCode.Cancelled, "Cancelled. What was acknowledged before is stored."),
        UnauthorizedAccessException e => new(ExitCode.Permission, e.Message),
        FileNotFoundException or DirectoryNotFoundException => new(ExitCode.NotFound, error.Message),
        IOException e => new(ExitCode.Failed, e.Message),
        HoldfastException e => new(ExitCode.Failed, e.Message),
        _ => new(ExitCode.Failed, $"{error.GetType().Name}: {error.Message}", "This is a defect of holdfast; please report it with the command that you ran."),
    };
}

/// <summary>Ends a command with an error of the contract.</summary>
internal sealed class CliException(ExitCode code, string message, string? suggestion = null) : Exception(message)
{
    public CliError Error { get; } = new(code, message, suggestion);
}

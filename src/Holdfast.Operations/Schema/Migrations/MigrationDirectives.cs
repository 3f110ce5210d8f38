using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>When in a change of the schema a file has its place; a program one version older works with all but the last.</summary>
public enum MigrationPhase
{
    /// <summary>Adds what nobody needs yet.</summary>
    Expand,
    /// <summary>Fills what was added.</summary>
    Backfill,
    /// <summary>Takes away what nobody needs any more.</summary>
    Contract,
}

/// <summary>What a file's head says about how it runs: comments of the form <c>-- holdfast:phase expand</c>.</summary>
internal sealed partial record MigrationDirectives
{
    public MigrationPhase Phase { get; private init; }

    /// <summary>False: each statement stands for itself.</summary>
    public bool Transactional { get; private init; } = true;

    /// <summary>How long a statement may wait for a lock; null: not said, zero: for ever.</summary>
    public TimeSpan? LockTimeout { get; private init; }

    /// <summary>How long a statement may take; null: not said, zero: as long as it needs.</summary>
    public TimeSpan? StatementTimeout { get; private init; }

    public IReadOnlyList<LintIgnore> LintIgnores { get; private init; } = [];

    /// <exception cref="SchemaException">A directive that is not known, or a value that it does not take.</exception>
    public static MigrationDirectives Read(string file, SqlScript script)
    {
        var head = script.Statements.Count > 0 ? script.Statements[0].Tokens[0].Start : int.MaxValue;
        var directives = new MigrationDirectives();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var comment in script.Comments)
        {
            if (Form().Match(comment.Text) is not { Success: true } match) continue;
            var (name, value, line) = (match.Groups[1].Value, match.Groups[2].Value.Trim(), script.LineOf(comment.Start));
            if (comment.Start > head && name != "lint-ignore")
                throw Refused(file, line, $"'holdfast:{name}' stands behind the first statement, where it has no effect; move it to the head of the file");
            if (name != "lint-ignore")
            {
                if (!seen.Add(name)) throw Refused(file, line, $"'holdfast:{name}' is said twice");
                // A remark may follow a value.
                value = value.Split("--")[0].Trim();
            }
            directives = name switch
            {
                "phase" => directives with { Phase = PhaseOf(value) ?? throw Refused(file, line, $"the phase '{value}' is none of expand, backfill, contract") },
                "transaction" => directives with { Transactional = value switch { "on" => true, "off" => false, _ => throw Refused(file, line, $"transaction is on or off, not '{value}'") } },
                "lock-timeout" => directives with { LockTimeout = Time(value) ?? throw Refused(file, line, $"the lock-timeout '{value}' is no time such as 500ms, 2s, 5min or 0") },
                "statement-timeout" => directives with { StatementTimeout = Time(value) ?? throw Refused(file, line, $"the statement-timeout '{value}' is no time such as 500ms, 30s, 5min or 0") },
                "lint-ignore" => directives with { LintIgnores = [.. directives.LintIgnores, Ignore(value, line) ?? throw Refused(file, line, "lint-ignore takes a rule and, in quotes, why: lint-ignore renaming-table \"nobody reads it yet\"")] },
                _ => throw Refused(file, line, $"'holdfast:{name}' is not known; there is phase, transaction, lock-timeout, statement-timeout and lint-ignore"),
            };
        }
        return directives;
    }

    public static MigrationPhase? PhaseOf(string text) => text switch { "expand" => MigrationPhase.Expand, "backfill" => MigrationPhase.Backfill, "contract" => MigrationPhase.Contract, _ => null };

    private static TimeSpan? Time(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        if (Amount().Match(text) is not { Success: true } match) return null;
        var number = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "ms" => TimeSpan.FromMilliseconds(number), "s" => TimeSpan.FromSeconds(number), _ => TimeSpan.FromMinutes(number) };
    }

    private static LintIgnore? Ignore(string value, int line) =>
        Ignored().Match(value) is { Success: true } match ? new LintIgnore(match.Groups[1].Value, match.Groups[2].Value, line) : null;

    private static SchemaException Refused(string file, int line, string what) => new($"{file}, line {line}: {what}. Nothing was run.");

    [GeneratedRegex(@"^--\s*holdfast:(\S*)(.*)$")]
    private static partial Regex Form();

    [GeneratedRegex(@"^([0-9]{1,6})(ms|s|min)$")]
    private static partial Regex Amount();

    [GeneratedRegex("^([a-z][a-z0-9-]*)\\s+\"([^\"]*\\S[^\"]*)\"$")]
    private static partial Regex Ignored();
}

/// <summary>A rule that a file asks to be spared, and why.</summary>
internal sealed record LintIgnore(string Rule, string Why, int Line);

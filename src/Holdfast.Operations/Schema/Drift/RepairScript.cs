using System.Globalization;
using System.Text;
using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>A proved plan as a file that a person reads and psql runs: short transactions with a limit on locks, index builds alone.</summary>
internal static class RepairScript
{
    public const string LockTimeout = "set local lock_timeout = '500ms'";

    public static string Write(ProviderDrift drift, ProofResult proof)
    {
        var (schema, text) = (drift.Actual!.Facts.Schema, new StringBuilder());
        text.AppendLine(CultureInfo.InvariantCulture, $"-- Repair of {drift.Target.Name} ({drift.Target.Address}, schema {schema}, system identifier {drift.Actual.Facts.SystemIdentifier ?? "unknown"}): {proof.Proved.Count} of {drift.Findings.Count} findings.");
        text.AppendLine("-- Proved in a scratch copy that was rolled back. Run it there only, with psql -v ON_ERROR_STOP=1; then run 'holdfast schema drift' again.");
        text.AppendLine().AppendLine("\\set ON_ERROR_STOP on").AppendLine("set check_function_bodies = off;");
        var role = "reset role";
        foreach (var step in proof.Proved)
        {
            text.AppendLine().AppendLine(Comment($"{step.Difference.Class.Key}: {step.Difference.Detail}", schema));
            if (step.Danger is { } danger) text.AppendLine(Comment($"Danger: {danger}.", schema));
            // As it was proved: what the owner makes belongs to it.
            var needed = step.IsTheOwners && proof.Owner is { } owner ? owner.Become : "reset role";
            if (needed != role) text.Append(role = needed).AppendLine(";");
            foreach (var transaction in step.Transactions)
            {
                var concurrent = RepairStep.IsConcurrent(transaction);
                if (!concurrent) text.AppendLine("begin;").Append(LockTimeout).AppendLine(";");
                foreach (var sql in transaction) text.Append(sql.Replace(CanonicalText.Schema, schema, StringComparison.Ordinal)).AppendLine(";");
                if (!concurrent) text.AppendLine("commit;");
            }
        }
        foreach (var (step, reason) in proof.Refused) text.AppendLine().AppendLine(Comment($"Not in the plan: {step.Difference.Detail} In the scratch copy: {reason}", schema));
        foreach (var finding in drift.Findings.Where(finding => !proof.Proved.Concat(proof.Refused.Select(one => one.Step)).Any(step => step.Difference.CacheKey == finding.CacheKey)))
            text.AppendLine().AppendLine(Comment($"By hand: {finding.Name}: {finding.Detail} {finding.Remediation}", schema));
        return text.ToString();
    }

    private static string Comment(string text, string schema) => "-- " + string.Join(' ', text.Replace(CanonicalText.Schema, schema, StringComparison.Ordinal).Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}

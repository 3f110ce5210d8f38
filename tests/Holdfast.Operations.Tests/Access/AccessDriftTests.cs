using Holdfast.Operations.Schema.Drift;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>What access has made is no drift; what somebody changes of it is.</summary>
public sealed class AccessDriftTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian, false)]
    [InlineData(PostgresVersion.Debian, true)]
    [InlineData(PostgresVersion.Newer, true)]
    public async Task access_that_was_applied_is_what_should_be_there(PostgresVersion version, bool rowSecurity)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity);
        var drift = await AccessDrift.CheckAsync(database);
        Assert.Empty(drift.Findings.Where(finding => finding.Level != DriftLevel.Info).Select(finding => $"{finding.Title} {finding.Metadata["name"]} {finding.Detail}"));
    }

    [Theory]
    [InlineData("revoke insert on {s}.session_memories from {s}_app", "session_memories")]
    [InlineData("grant delete on {s}.session_memories to {s}_app", "session_memories")]
    [InlineData("grant select on {s}.session_memories to {s}_monitor", "session_memories")]
    [InlineData("alter table {s}.settings disable trigger all", "settings")]
    [InlineData("drop trigger refuse_truncate on {s}.payments", "payments")]
    [InlineData("drop policy tenant_of_the_transaction on {s}.revisions", "revisions")]
    [InlineData("alter table {s}.revisions no force row level security", "revisions")]
    [InlineData("alter table {s}.users disable row level security", "users")]
    [InlineData("alter table {s}.users owner to holdfast", "users")]
    [InlineData("drop policy tenant_of_the_transaction on {s}.revisions; alter table {s}.revisions disable row level security", "revisions")]
    [InlineData("alter default privileges for role {s}_owner in schema {s} revoke select on tables from {s}_backup", "default privileges")]
    public async Task what_is_changed_of_it_is_found_and_repaired(string harm, string named)
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync(harm);
        var drift = await AccessDrift.CheckAsync(database);
        var findings = drift.Findings.Where(finding => finding.Level != DriftLevel.Info).ToList();
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Contains(named, $"{finding.Metadata["type"]} {finding.Metadata["name"]} {finding.Detail}", StringComparison.OrdinalIgnoreCase));

        await AccessDrift.RepairAsync(drift);
        Assert.Empty((await AccessDrift.CheckAsync(database)).Findings.Where(finding => finding.Level != DriftLevel.Info).Select(finding => finding.Title));
    }
}

using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The checker sees what it is there for.</summary>
public class LedgerTests
{
    private static readonly LedgerRow[] Written = [.. Enumerable.Range(0, 5).Select(i => new LedgerRow("s", "message_user", $"row {i}"))];

    private static readonly LedgerRow Unanswered = new("s", "message_user", "sent, never answered");

    [Fact]
    public void all_rows_once_and_in_order_are_right_with_what_was_not_answered_and_without() =>
        Assert.All([Written, [.. Written, Unanswered], [Unanswered, .. Written]], rows => Assert.Empty(Filled().Problems(rows)));

    [Fact]
    public void a_lost_row_is_found() => Expect("lost: ", [.. Written[..2], .. Written[3..]]);

    [Fact]
    public void a_doubled_row_is_found() => Expect("2 times: ", [.. Written, Written[2]]);

    [Fact]
    public void what_was_not_answered_may_be_there_once_only() => Expect("2 times: ", [.. Written, Unanswered, Unanswered]);

    [Fact]
    public void a_row_that_nobody_wrote_is_found() => Expect("nobody wrote: ", [.. Written, new("s", "message_user", "row 7")]);

    [Fact]
    public void a_row_of_another_type_is_lost_and_nobody_wrote_it()
    {
        var problems = Filled().Problems([.. Written[..4], Written[4] with { Type = "message_tool" }]);
        Assert.Equal(["lost: ", "nobody wrote: "], problems.Select(problem => problem[..(problem.IndexOf(": ", StringComparison.Ordinal) + 2)]));
    }

    [Fact]
    public void two_rows_in_another_order_are_found() => Expect("another order", [Written[1], Written[0], .. Written[2..]]);

    private static void Expect(string problem, IReadOnlyList<LedgerRow> stored) =>
        Assert.StartsWith(problem, Assert.Single(Filled().Problems(stored)), StringComparison.Ordinal);

    private static Ledger Filled()
    {
        var ledger = new Ledger();
        foreach (var row in Written)
        {
            ledger.Attempt(row);
            ledger.Acknowledge(row);
        }
        ledger.Attempt(Unanswered);
        return ledger;
    }
}

using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Rows;

public sealed class RowIdTests
{
    // These are kept for ever: a store that has a row under its key must find it again after any update of this program.
    [Theory]
    [InlineData("default", "session_memories", new[] { "k" }, "ff810091-2654-84f8-9242-eb048ac76fb7")]
    [InlineData("default", "session_memories", new[] { "session", "k" }, "e7e60bb4-5984-8597-a053-67475884160c")]
    [InlineData("", "", new[] { "" }, "15ec7bf0-b507-82b4-9f82-28e07d243653")]
    [InlineData("ténant", "payments", new[] { "evt_🙂" }, "7c8a3f26-fcf2-806f-8e10-6a0579934560")]
    public void a_key_gives_the_same_id_for_ever(string tenant, string table, string[] key, string id) =>
        Assert.Equal(id, RowId.FromKey(tenant, table, key).ToString());

    [Fact]
    public void an_id_from_a_key_is_a_uuid_of_version_8()
    {
        foreach (var i in Enumerable.Range(0, 200))
        {
            var id = RowId.FromKey("t", "x", $"{i}");
            Assert.Equal(8, id.Version);
            Assert.InRange(id.Variant, 0x8, 0xB);
        }
    }

    [Fact]
    public void parts_never_run_into_each_other()
    {
        Guid[] ids =
        [
            RowId.FromKey("a", "bc", "d"), RowId.FromKey("ab", "c", "d"), RowId.FromKey("a", "b", "cd"), RowId.FromKey("a", "bcd"),
            RowId.FromKey("a", "bc", "d", ""), RowId.FromKey("a", "bc", "", "d"), RowId.FromKey("abcd", "", ""),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void a_row_without_a_key_has_its_stamp_as_id_and_a_key_belongs_to_its_session()
    {
        var stamp = new Clock().Next();
        RowDraft Draft(string? session, string? key) => new(Tables.Commands, ["en", null, null]) { SessionId = session, Key = key };
        Assert.Equal(stamp.Value, Draft("s", null).ToRow("t", stamp, default).Id);
        Assert.NotEqual(Draft("s1", "k").IdOf("t"), Draft("s2", "k").IdOf("t"));
        Assert.NotEqual(Draft("s1", "k").IdOf("t"), Draft(null, "k").IdOf("t"));
        Assert.NotEqual(Draft("s1", "k").IdOf("t1"), Draft("s1", "k").IdOf("t2"));
        Assert.Equal(RowId.FromKey("t", "commands", "s1", "k"), Draft("s1", "k").IdOf("t"));
    }

    [Fact]
    public void the_record_of_a_lost_row_has_an_id_from_table_row_and_stamp()
    {
        var (id, stamp) = (RowId.FromKey("t", "x", "k"), Stamp.FromPacked(1, 1));
        Assert.Equal(8, RowId.OfConflict("x", id, stamp).Version);
        Assert.NotEqual(RowId.OfConflict("x", id, stamp), RowId.OfConflict("x", id, Stamp.FromPacked(2, 1)));
        Assert.NotEqual(RowId.OfConflict("x", id, stamp), RowId.OfConflict("y", id, stamp));
    }
}

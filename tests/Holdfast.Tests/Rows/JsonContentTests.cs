using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Rows;

public sealed class JsonContentTests
{
    [Theory]
    [InlineData("null", "null")]
    [InlineData(" { \"b\" : [ 1 , 2 ] ,\n\t\"a\" : { } } ", """{"b":[1,2],"a":{}}""")]
    [InlineData("[1.0,-0,1e400,1E+2,0.10,123456789012345678901234567890]", "[1.0,-0,1e400,1E+2,0.10,123456789012345678901234567890]")]
    [InlineData("""{"a":1,"a":2,"A":3}""", """{"a":1,"a":2,"A":3}""")]
    [InlineData("""["\u0041\u00e9\ud83d\ude42\/","\b\f\n\r\t\"\\\u001f"]""", """["Aé🙂/","\b\f\n\r\t\"\\\u001f"]""")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("[[],[[]],{\"\":{}}]", "[[],[[]],{\"\":{}}]")]
    public void json_is_kept_in_one_form(string json, string kept)
    {
        Assert.Equal(kept, JsonContent.Parse("metadata", json));
        Assert.Equal(kept, JsonContent.Parse("metadata", kept));
        Assert.Equal(kept, JsonContent.Of("metadata", JsonElement.Parse(json)));
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("{", "is not JSON")]
    [InlineData("{\"a\":1,}", "is not JSON")]
    [InlineData("{'a':1}", "is not JSON")]
    [InlineData("1 2", "is not JSON")]
    [InlineData("NaN", "is not JSON")]
    [InlineData("01", "is not JSON")]
    [InlineData("\"\u0001\"", "is not JSON")]
    [InlineData("""["a\u0000b"]""", "U+0000")]
    [InlineData("""{"\u0000":1}""", "U+0000")]
    [InlineData("""["\ud800"]""", "unpaired surrogate")]
    [InlineData("""["\udc00\ud800"]""", "unpaired surrogate")]
    [InlineData("""{"\ud800":1}""", "unpaired surrogate")]
    public void json_that_no_store_keeps_unchanged_is_refused(string json, string problem)
    {
        var error = Assert.Throws<InvalidInputException>(() => JsonContent.Parse("metadata", json));
        Assert.Equal("metadata", error.Field);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void json_with_half_a_pair_in_the_raw_is_refused()
    {
        // Not as a theory: an attribute is kept as UTF-8, which has no place for it.
        var error = Assert.Throws<InvalidInputException>(() => JsonContent.Parse("metadata", "[\"\ud800\"]"));
        Assert.Contains("unpaired surrogate (U+D800) at position 2 of 5", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void sixty_four_levels_are_kept_and_sixty_five_refused(char open, char close)
    {
        string Nested(int levels) => string.Concat(Enumerable.Repeat(open == '{' ? "{\"a\":" : "[", levels)) + "1" + new string(close, levels);
        Assert.Equal(Nested(64), JsonContent.Parse("metadata", Nested(64)));
        var error = Assert.Throws<InvalidInputException>(() => JsonContent.Parse("metadata", Nested(65)));
        Assert.Contains("65 levels", error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 64", error.Message, StringComparison.Ordinal);
        Assert.Contains("20000 levels", Assert.Throws<InvalidInputException>(() => JsonContent.Parse("metadata", Nested(20_000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_quoted_text_is_what_postgresql_makes_of_it()
    {
        var texts = Enumerable.Range(1, 0x7f).Select(c => $"a{(char)c}b").Append("").Append("🙂 é \u2028\u2029 </script>").ToArray();
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.Postgres));
        await using var command = source.CreateCommand("select array(select to_json(t)::text from unnest($1::text[]) with ordinality a(t, i) order by i)");
        command.Parameters.Add(new NpgsqlParameter { Value = texts });
        Assert.Equal((string[])(await command.ExecuteScalarAsync())!, texts.Select(JsonText.Quote));
    }

    [Fact]
    public void an_object_leaves_out_what_is_null_and_quotes_its_names() =>
        Assert.Equal("""{"a\"":1,"c":"x"}""", JsonContent.Object(("a\"", "1"), ("b", null), ("c", "\"x\"")));

    [Fact]
    public void parts_of_a_register_key_never_run_into_each_other()
    {
        string[] keys = [RegisterKey.Join("a/b", "c"), RegisterKey.Join("a", "b/c"), RegisterKey.Join("a", "b", "c"), RegisterKey.Join("a\\", "b"), RegisterKey.Join("a", "\\b"), RegisterKey.Join("a\\/b")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal("a\\/b/c\\\\", RegisterKey.Join("a/b", "c\\"));
    }
}

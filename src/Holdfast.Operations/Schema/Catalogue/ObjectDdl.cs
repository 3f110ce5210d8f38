using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>The DDL that makes one thing as a snapshot has it, without what it is granted and who owns it. <c>{schema}</c> stands for the schema.</summary>
internal static class ObjectDdl
{
    public static IEnumerable<string> Create(CatalogueObject one, CatalogueSnapshot snapshot) => one.Kind switch
    {
        ObjectKind.Enum => [$"create type {SqlName.Of(one.Name)} as enum ({one.Sql("labels")})"],
        ObjectKind.Domain => Domain(one),
        ObjectKind.Type => [one.Has("subtype") ? $"create type {SqlName.Of(one.Name)} as range (subtype = {one.Sql("subtype")}{(one.Has("range") ? $", {one.Sql("range")}" : "")})" : $"create type {SqlName.Of(one.Name)} as ({one.Sql("attributes")})"],
        ObjectKind.Sequence => one["~identity"] == "true" ? [] : [$"create sequence {SqlName.Of(one.Name)} {SequenceOptions(one)}"],
        ObjectKind.Function => [one["kind"] == "a" ? Aggregate(one) : one.Sql("~ddl").TrimEnd()],
        ObjectKind.Table => Table(one, snapshot),
        ObjectKind.Constraint => [$"alter table {SqlName.Of(one.Parent)} add constraint {SqlQuote.Name(one.Name)} {one.Sql("definition")}{(one["validated"] == "true" ? "" : " not valid")}"],
        ObjectKind.Index => [Index(one)],
        ObjectKind.Other => one["definition"].Split('\n').Select(SqlQuote.Part),
        ObjectKind.View => [View(one, "create"), .. one.Has("defaults") ? [$"alter table {SqlName.Of(one.Name)} {one.Sql("defaults")}"] : (string[])[]],
        ObjectKind.Rule => [SqlQuote.Part(one["definition"].TrimEnd(';')), .. Enabled(one)],
        ObjectKind.Trigger => [one.Sql("definition"), .. Enabled(one)],
        ObjectKind.Policy => [Policy(one)],
        _ => [],
    };

    /// <summary>A column as it stands in CREATE TABLE and behind ADD COLUMN.</summary>
    public static string Column(CatalogueObject column, bool notNull = true) => string.Concat(
        SqlQuote.Name(column.Name), " ", column.Sql("type"),
        column.Has("collation") ? $" collate {column.Sql("collation")}" : "",
        column.Has("default") ? $" default {column.Sql("default")}" : "",
        column.Has("generated") ? $" generated always as ({column.Sql("generated")}) {(column.Has("virtual") ? "virtual" : "stored")}" : "",
        column.Has("identity") ? $" generated {Identity(column)} as identity" : "",
        notNull && column["not_null"] == "true" && !column.Has("not_null_validated") ? " not null" : "");

    /// <summary>What is said of a column once it is there: how it is stored, and how far statistics look into it.</summary>
    public static IEnumerable<string> ColumnSettings(CatalogueObject column)
    {
        var alter = $"alter table {SqlName.Of(column.Parent)} alter column {SqlQuote.Name(column.Name)}";
        if (column.Has("storage")) yield return $"{alter} set storage {column.Sql("storage")}";
        if (column.Has("compression")) yield return $"{alter} set compression {column.Sql("compression")}";
        if (column.Has("statistics")) yield return $"{alter} set statistics {column.Sql("statistics")}";
        if (column.Has("options")) yield return $"{alter} set ({Options(column["options"])})";
    }

    public static string Identity(CatalogueObject column) => column["identity"] == "a" ? "always" : "by default";

    public static string Index(CatalogueObject index) => $"create {(index["definition"].StartsWith("CREATE UNIQUE", StringComparison.Ordinal) ? "unique " : "")}index {SqlQuote.Name(index.Name)} {IndexOn(index)}";

    /// <summary>An index from ON to the end, without ONLY. Found by the tokenizer: a name may hold " ON " too.</summary>
    public static string IndexOn(CatalogueObject index)
    {
        var on = SqlQuote.From(index["definition"], "on") ?? throw new UnsafeSqlException(index["definition"], "no index");
        return SqlQuote.Part(on.StartsWith("ON ONLY ", StringComparison.Ordinal) ? $"ON {on["ON ONLY ".Length..]}" : on);
    }

    public static string View(CatalogueObject view, string create)
    {
        var options = view.Has("options") ? $" with ({Options(view["options"])})" : "";
        return $"{create} {SqlName.Target(view)}{options} as\n{SqlQuote.Part(view["definition"].Trim().TrimEnd(';'))}";
    }

    public static string Options(string options) => string.Join(", ", options.Split('\n').Select(option =>
        option.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? $"{SqlQuote.Dotted(option[..at])} = {SqlQuote.Literal(option[(at + 1)..])}" : SqlQuote.Dotted(option)));

    public static string SequenceOptions(CatalogueObject one) =>
        $"as {one.Sql("type")} increment by {one.Sql("increment")} minvalue {one.Sql("min")} maxvalue {one.Sql("max")} start with {one.Sql("start")} cache {one.Sql("cache")} {(one["cycle"] == "true" ? "cycle" : "no cycle")}";

    public static IEnumerable<string> Enabled(CatalogueObject one)
    {
        var word = one["enabled"] switch { "D" => "disable", "R" => "enable replica", "A" => "enable always", _ => null };
        if (word is not null) yield return $"alter table {SqlName.Of(one.Parent)} {word} {ObjectKind.Word(one.Kind)} {SqlQuote.Name(one.Name)}";
    }

    public static string ReplicaIdentity(string value) => value switch
    {
        "n" => "nothing", "f" => "full", "d" => "default", _ => $"using index {SqlQuote.Name(value["index ".Length..])}",
    };

    public static string Policy(CatalogueObject policy)
    {
        var command = policy["command"] switch { "r" => "select", "a" => "insert", "w" => "update", "d" => "delete", _ => "all" };
        var roles = string.Join(", ", policy["roles"].Split('\n').Select(role => role == GrantText.Public ? "public" : SqlQuote.Quoted(role)));
        return $"create policy {SqlQuote.Name(policy.Name)} on {SqlName.Of(policy.Parent)} as {(policy["permissive"] == "true" ? "permissive" : "restrictive")} for {command} to {roles}"
            + (policy.Has("using") ? $" using ({policy.Sql("using")})" : "") + (policy.Has("check") ? $" with check ({policy.Sql("check")})" : "");
    }

    private static IEnumerable<string> Domain(CatalogueObject domain)
    {
        yield return $"create domain {SqlName.Of(domain.Name)} as {domain.Sql("base")}{(domain.Has("collation") ? $" collate {domain.Sql("collation")}" : "")}"
            + (domain.Has("default") ? $" default {domain.Sql("default")}" : "") + (domain["not_null"] == "true" ? " not null" : "");
        if (domain.Has("constraints"))
            foreach (var constraint in domain["constraints"].Split('\n')) yield return $"alter domain {SqlName.Of(domain.Name)} add constraint {SqlQuote.Part(constraint)}";
    }

    private static string Aggregate(CatalogueObject one)
    {
        var parts = one["aggregate"].Split('\n');
        return $"create aggregate {CanonicalText.Schema}.{one.Sql("~signature")} (sfunc = {SqlQuote.Part(parts[0])}, stype = {SqlQuote.Part(parts[1])}"
            + (parts[2] is "-" or "" ? "" : $", finalfunc = {SqlQuote.Part(parts[2])}") + (parts.Length > 3 && parts[3].Length > 0 ? $", initcond = {SqlQuote.Literal(parts[3])}" : "") + ")";
    }

    private static IEnumerable<string> Table(CatalogueObject table, CatalogueSnapshot snapshot)
    {
        var unlogged = table["persistence"] == "u" ? "unlogged " : "";
        var partitioned = table.Has("partition_key") ? $" partition by {table.Sql("partition_key")}" : "";
        var options = table.Has("options") ? $" with ({Options(table["options"])})" : "";
        if (table.Has("bound"))
            yield return $"create {unlogged}table {SqlName.Of(table.Name)} partition of {table.Sql("parents")} {table.Sql("bound")}{partitioned}{options}";
        else
        {
            var columns = snapshot.PartsOf(table.Name).Where(part => part.Kind == ObjectKind.Column).OrderBy(Position).Select(column => $"  {Column(column)}");
            var inherits = table.Has("parents") ? $" inherits ({table.Sql("parents")})" : "";
            yield return $"create {unlogged}table {SqlName.Of(table.Name)} (\n{string.Join(",\n", columns)}\n){inherits}{partitioned}{options}";
        }
        foreach (var column in snapshot.PartsOf(table.Name).Where(part => part.Has("not_null_validated")))
            yield return $"alter table {SqlName.Of(table.Name)} add constraint {SqlQuote.Name(column["~not_null_name"])} not null {SqlQuote.Name(column.Name)} not valid";
        if (table["rls"] == "true") yield return $"alter table {SqlName.Of(table.Name)} enable row level security";
        if (table["force_rls"] == "true") yield return $"alter table {SqlName.Of(table.Name)} force row level security";
    }

    private static int Position(CatalogueObject column) => int.Parse(column["position"], System.Globalization.CultureInfo.InvariantCulture);
}

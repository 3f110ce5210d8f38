namespace Holdfast.Operations.Tests.Schema.Sql;

/// <summary>
/// Statements put together from PostgreSQL's grammar, by a seed: every way to say a change or a drop that the grammar has is met in some combination that
/// nobody wrote down. Between two words stands whatever <paramref name="space"/> makes.
/// </summary>
internal sealed class SqlShapes(Random random, Func<string> space)
{
    private static readonly string[] Conditions = ["id = 1", "true", "id = 1 and true", "id is not null", "t.id = 4", "id * 0 = 0", "b.id = t.id", "t . id = ( select t . id )", "lower ( id ) = 'x'", "exists ( select 1 from t b where b.id = t.id )", "exists ( select 1 from u b where b.id = t.id )"];

    /// <summary>One statement, or a block of PL/pgSQL around one.</summary>
    public string Statement() => random.Next(6) switch
    {
        0 => $"do $b$ begin {Spaced(Simple())}; end $b$",
        1 => $"create function f() returns void language plpgsql as $b$ begin if true then {Spaced(Simple())}; end if; end $b$",
        2 => $"do $b$ begin execute{space()}{Dynamic()}; end $b$",
        3 => Spaced($"create function f() returns void language sql begin atomic {Change()}; end"),
        _ => Spaced(Simple()),
    };

    private string Simple() => random.Next(9) switch
    {
        0 or 1 or 2 => With(),
        3 => Change(),
        4 => Merge(),
        5 or 6 => Alter(),
        7 => Drop(),
        _ => Setting(),
    };

    private string With()
    {
        var tables = string.Join(" , ", Enumerable.Range(0, random.Next(1, 4)).Select(i => CommonTable($"r{i}")));
        return $"with {One("", "recursive ")}{tables} {One(Change(), Change(), Merge(), "select delete from x", "select a delete from x", "insert into u select 1")}";
    }

    private string CommonTable(string name)
    {
        var query = One("select 1 as n", "select 1 as n for update", $"{Change()} returning 1", "select update , delete from x");
        return $"{One(name, Name(name))} {One("", "( n ) ")}as {One("", "materialized ", "not materialized ")}( {query} )"
            + One("", "", $" search {One("depth", "breadth")} first by n {One("", ", m ")}set {One("o", "update", "delete")}")
            + One("", "", $" cycle n {One("", ", delete ")}set c {One("", "to true default false ", "to 'using' default 'x' ")}using {One("p", "delete")}");
    }

    private string Change() => random.Next(2) == 0
        ? $"delete from {One("", "only ")}{Table()}{One("", " using t b", " using u b", " using v join s.t as b on true")}{One("", $" where {Condition()}")}"
        : $"update {One("", "only ")}{Table()} set a = {One("1", "case when true then 1 else 2 end")}{One("", $" where {Condition()}")}";

    private string Merge() =>
        $"merge into {Table()} using {One("u", "( select 1 as id ) u", "v join u on v.id = u.id")} on {One("true", "t.id = u.id", "u.id = 1")}"
        + string.Concat(Enumerable.Range(0, random.Next(1, 3)).Select(_ => One(
            $" when matched{One("", " and t.id = u.id", " and true")} then {One("delete", "update set a = case when true then 1 end", "do nothing")}",
            $" when not matched by source{One("", " and t.old = 1")} then {One("delete", "update set a = 1", "do nothing")}",
            " when not matched then insert values ( 1 )")));

    private string Alter() =>
        $"alter {One("table", "table", "foreign table")} {One("", "if exists ")}{One("", "only ")}{Table()} {string.Join(" , ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Action()))}";

    private string Action() => random.Next(9) switch
    {
        0 => $"drop {One("", "column ")}{One("", "if exists ")}{Name("c")}{One("", " cascade")}",
        1 => $"drop constraint {One("", "if exists ")}{Name("c")}",
        2 or 3 => $"alter {One("", "column ")}{Name("c")} {One("", "set data ")}type {Type()}{One("", " collate \"C\"")}{One("", " using ''", " using left ( c , 1 )")}",
        4 => $"set {One("unlogged", "logged", "without oids", "( fillfactor = 70 )")}",
        5 => $"alter {One("", "column ")}{Name("c")} {One("drop default", "drop not null", "drop expression", "drop identity if exists", "set not null", "set default 'drop'")}",
        6 => $"add {One("", "column ")}{Name("c")} {Type()} default 1",
        7 => $"add constraint {Name("drop")} check ( id in ( 1 , 2 ) )",
        _ => One("disable trigger all", "enable row level security", "owner to r"),
    };

    private string Type() => One("text", "varchar", "varchar ( 10 )", "character varying ( 5 )", "char ( 3 )", "\"char\"", "bigint", "int8", "int", "numeric", "numeric ( 5 , 2 )", "timestamp", "timestamptz", "timestamp ( 0 )",
        "timestamp with time zone", "timestamp ( 3 ) with time zone", "date", "text [ ]", "s.text", "double precision", "jsonb");

    private string Drop() =>
        $"{One("drop table", "drop foreign table", "drop schema", "drop extension", "drop view", "drop materialized view", "drop type", "drop domain", "drop sequence", "drop index", "drop collation", "drop statistics")} {One("", "if exists ")}{Name("x")}{One("", " cascade", " restrict")}";

    private string Setting() => One(
        $"set {One("", "local ", "session ")}{One("standard_conforming_strings", "\"standard_conforming_strings\"", "work_mem", "client_encoding")} {One("=", "to")} {One("off", "'off'", "on", "'utf8'")}",
        "truncate " + Table(), $"select lo_unlink ( 1 )", "copy t from program 'x'", $"explain {One("analyze ", "( analyze ) ", "")}{Change()}", $"create rule r as on insert to t do {One("also", "instead")} {Change()}",
        $"select set_config ( {One("'standard_conforming_strings'", "'work_mem'", "'client_encoding'", "'a' || 'b'", "'standard_' || 'conforming_strings'")} , 'off' , false )", "delete from pg_attribute where attnum = 1");

    private string Dynamic() => random.Next(5) switch
    {
        0 => $"'{One("drop table ", "alter table a add ", "create index i on ", "truncate ", "comment on table a is ", "select ")}' || {One("quote_ident(a)", "a", "quote_literal(a)", "a::regclass", "'x'")} || '{One("", " int", " (a)", " cascade")}'",
        1 => $"format('{One("drop ", "%s ", "%I ", "alter ", "create ")}{One("table %I", "%I x", "%s x", "schema %I", "view %I %I")}', {One("'table'", "'drop'", "a", "a::regclass")}, 'x', 'y')",
        2 => $"format('alter table %I {One("drop %I", "add %I int", "%I c", "%s", "alter %I type text", "set %I", "add a int, %I c", "add a int, add %I int")}', 'a', {One("'b'", "c", "'drop column x'")})",
        3 => $"format('{One("delete from %I", "update %I set %I = 1", "with x as (%I from t returning 1) select 1", "explain %I from t", "insert into %I (%I) values (1)")}{One("", " where id = %L")}', 'a', 'b', 'c')",
        _ => $"format('{One("comment on table %I is %L", "comment on table a is ''%I''", "select %I from %I", "select %I(1)", "do %L", "create table \"%I\" (a int)", "select 1 -- %I", "grant select on %I to %I", "create table %I (%I int)")}', 'a', 'b')",
    };

    private string Condition() => One(Conditions);

    private string Table() => One("t", "s.t", "t as t", Name("t"));

    private string Name(string name) => One(name == "drop" ? "\"drop\"" : name, $"\"{name}\"", $"U&\"{name}\"", $"U&\"{name}\" uescape '!'", $"U&\"\\{(int)name[0]:x4}{name[1..]}\"", $"U&\"!{(int)name[0]:x4}{name[1..]}\" uescape '!'");

    /// <summary>Other white space between the words, where one stands already.</summary>
    private string Spaced(string statement) => string.Concat(statement.Select(c => c == ' ' && random.Next(3) == 0 ? space() : c.ToString()));

    private string One(params string[] of) => of[random.Next(of.Length)];
}

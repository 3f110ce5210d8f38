using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>The kinds of things in a snapshot, in the order in which they can be made one after the other.</summary>
internal static class ObjectKind
{
    public const string Database = "database";
    public const string Extension = "extension";
    public const string Role = "role";
    public const string Schema = "schema";
    public const string Enum = "enum";
    public const string Domain = "domain";
    public const string Type = "type";
    public const string Sequence = "sequence";
    public const string Function = "function";

    /// <summary>Collations, extended statistics, operators, casts, dictionaries and configurations of text search: told by the statements that make them.</summary>
    public const string Other = "object";
    public const string Table = "table";
    public const string Column = "column";
    public const string Constraint = "constraint";
    public const string Index = "index";
    public const string View = "view";
    public const string Rule = "rule";
    public const string Trigger = "trigger";
    public const string Policy = "policy";
    public const string DefaultPrivileges = "default privileges";

    private static readonly string[] All =
    [
        Database, Extension, Role, Schema, Enum, Domain, Type, Sequence, Function, Other, Table, Column, Constraint, Index, View, Rule, Trigger, Policy, DefaultPrivileges,
    ];

    /// <summary>A kind as SQL calls it.</summary>
    public static string Word(string kind) => SqlQuote.OneOf(kind, All);

    /// <summary>Kinds that belong to a table or a view and are gone with it.</summary>
    public static bool IsPart(string kind) => kind is Column or Constraint or Index or Rule or Trigger or Policy;

    /// <summary>Kinds that live outside of the schema.</summary>
    public static bool IsOutside(string kind) => kind is Database or Extension or Role;

    public static int Order(string kind) => Array.IndexOf(All, kind);
}

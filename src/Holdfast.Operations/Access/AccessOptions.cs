namespace Holdfast.Operations.Access;

/// <summary>What the access of a server is to be like.</summary>
/// <param name="RowSecurity">Rows are kept apart by tenant in the server itself, too.</param>
/// <param name="Exclusive">The database is Holdfast's alone, so that PUBLIC may lose its rights to it; null: it is when nobody else has tables there.</param>
internal sealed record AccessOptions(bool RowSecurity = false, bool? Exclusive = null)
{
    /// <summary>Row-level security is switched off where it is on.</summary>
    public bool WithoutRowSecurity { get; init; }

    /// <summary>What others have in the schema becomes the owner role's, although the schema was not Holdfast's alone.</summary>
    public bool TakesOver { get; init; }

    /// <summary>The setting that names the tenant of a transaction.</summary>
    public const string TenantSetting = "holdfast.tenant";
}

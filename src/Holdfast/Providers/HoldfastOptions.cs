namespace Holdfast;

/// <summary>How a memory is opened. The defaults work: the local file in the platform's data folder.</summary>
public sealed class HoldfastOptions
{
    /// <summary>A PostgreSQL server: a <c>postgres://</c> URL or an Npgsql connection string. Null: the local file.</summary>
    public Secret? Connection { get; set; }

    /// <summary>
    /// PostgreSQL servers that hold the memory together with the local file, in the order of preference. With any of them,
    /// <see cref="Connection"/> must be null: one connection is one store, without failover.
    /// </summary>
    public IList<ProviderOptions> Providers { get; } = [];

    /// <summary>How the providers act as one memory.</summary>
    public FailoverOptions Failover { get; } = new();

    /// <summary>The folder of the local file; null: <c>HOLDFAST_HOME</c>, else the platform's data folder.</summary>
    public string? Home { get; set; }

    /// <summary>Whose data it is (at most 128 bytes). Tenants never see each other's rows.</summary>
    public string TenantId { get; set; } = "default";

    /// <summary>The PostgreSQL schema that holds the tables.</summary>
    public string Schema { get; set; } = "holdfast";

    /// <summary>How long a setting that was read is answered from this process's cache; zero: always read.</summary>
    public TimeSpan SettingsCacheFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The local file itself, where it is not the one in <see cref="Home"/>.</summary>
    internal string? LocalFile { get; set; }

    /// <summary>The rules that writers and stores keep; tests switch one off.</summary>
    internal Rows.MergeRules Rules { get; set; } = Rows.MergeRules.All;

    /// <summary>For how long a process claims a pull between two providers; null: as long as is usual.</summary>
    internal TimeSpan? RelayLeaseFor { get; set; }

    internal void Validate() => Holdfast.Providers.Configuration.OptionsCheck.Check(this);
}

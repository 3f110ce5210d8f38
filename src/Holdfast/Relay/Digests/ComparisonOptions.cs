using Holdfast.Stores.Postgres;

namespace Holdfast.Relay.Digests;

/// <summary>A store that is compared, under its provider's name.</summary>
internal sealed record ComparedStore(string Name, PostgresStore Store);

/// <summary>How stores are compared.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>Compare the content of rows too, not only which there are.</summary>
    public bool Deep { get; init; }

    /// <summary>Hash every row again, whatever the last run has hashed.</summary>
    public bool Fresh { get; init; }

    /// <summary>How long a row that differs may be on its way before it counts.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where digests are kept from run to run; null: nowhere.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>At most this many rows are opened, and this many differences looked at, at a time.</summary>
    public int RowsMax { get; init; } = 200_000;

    /// <summary>A bucket with more rows is looked at in parts first.</summary>
    public int BucketRowsMax { get; init; } = 20_000;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The folder under <c>HOLDFAST_HOME</c>.</summary>
    public static string CacheFolderOf(string home) => Path.Combine(home, "digests");
}

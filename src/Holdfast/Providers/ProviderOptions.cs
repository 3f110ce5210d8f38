namespace Holdfast;

/// <summary>A PostgreSQL server that holds a copy of the memory: how it is reached, and within which limits.</summary>
public sealed class ProviderOptions
{
    /// <summary>Its name: lower-case letters, digits, <c>-</c> and <c>_</c>, at most 63; <c>local</c> is the local file's.</summary>
    public string Name { get; set; } = "";

    /// <summary>Where rows are written and read: a <c>postgres://</c> URL or an Npgsql connection string. It may be a pooler.</summary>
    public Secret Connection { get; set; } = new("");

    /// <summary>The server itself, for migrations, COPY and locks; null: derived from <see cref="Connection"/> where the provider's naming allows it, else the same.</summary>
    public Secret? ControlConnection { get; set; }

    /// <summary>
    /// The connection of the relay's own role, which row-level security shows the rows of all tenants; null: the relay works as
    /// <see cref="Connection"/> does, which under row-level security it cannot.
    /// </summary>
    public Secret? RelayConnection { get; set; }

    /// <summary>Connections of this process to it: 1 to 1,000.</summary>
    public int PoolSizeMax { get; set; } = 10;

    /// <summary>How long opening a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a statement may take; reads of whole tenants have no limit but the caller's.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The host whose name the certificate must have and that is asked for in the handshake, where the connection leads through a local proxy.</summary>
    internal string? CertificateHost { get; set; }
}

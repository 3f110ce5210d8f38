using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>What a test server is told on its command line; nothing is written into its folder.</summary>
internal static class PostgresSettings
{
    public static IEnumerable<string> Arguments(string data, int port, bool durable)
    {
        yield return "-D";
        yield return data;
        var durability = durable ? "on" : "off";
        foreach (var (name, value) in new[]
        {
            ("listen_addresses", "127.0.0.1"), ("port", port.ToString(CultureInfo.InvariantCulture)), ("unix_socket_directories", ""),
            ("max_connections", "200"), ("timezone", "UTC"), ("shared_buffers", "64MB"), ("max_prepared_transactions", "10"),
            ("fsync", durability), ("full_page_writes", durability), ("synchronous_commit", durability),
            // In the data folder, so that a killed server leaves nothing of it in /dev/shm.
            ("dynamic_shared_memory_type", "mmap"), ("logging_collector", "off"), ("jit", "off"),
        })
        {
            yield return "-c";
            yield return $"{name}={value}";
        }
    }
}

using System.Collections.Concurrent;

namespace Holdfast.TestServers;

/// <summary>
/// Fills a data folder. <c>initdb</c> takes seconds, a copy of what it made takes a tenth of that; but the copies carry one system
/// identifier, so a test of servers that must be told apart by it asks for one of its own.
/// </summary>
internal static class PostgresTemplate
{
    public const string SuperUser = "holdfast";

    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Made = new();

    public static async Task FillAsync(string programs, string data, bool distinctIdentity)
    {
        if (distinctIdentity)
        {
            await InitialiseAsync(programs, data);
            return;
        }
        var template = await Made.GetOrAdd(programs, key => new Lazy<Task<string>>(() => MakeAsync(key))).Value;
        await ServerAccount.RunAsync("cp", "-a", template, data);
    }

    private static async Task<string> MakeAsync(string programs)
    {
        var data = Path.Combine(await ServerAccount.FolderAsync("holdfast-pg-template-"), "data");
        await InitialiseAsync(programs, data);
        return data;
    }

    private static Task InitialiseAsync(string programs, string data) => ServerAccount.RunAsync(
        Path.Combine(programs, "initdb"), "-D", data, "-U", SuperUser, "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8");
}

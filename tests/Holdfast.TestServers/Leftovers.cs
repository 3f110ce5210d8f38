namespace Holdfast.TestServers;

/// <summary>
/// What this process has started and created and not yet taken back. A test run that ends early still leaves neither a server nor a
/// folder: servers first, because a server that is still writing puts files back into its folder.
/// </summary>
internal static class Leftovers
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<ServerProcess> Servers = [];
    private static readonly HashSet<string> Folders = [];

    static Leftovers() => AppDomain.CurrentDomain.ProcessExit += (_, _) => TakeAllBack();

    public static void Add(ServerProcess server)
    {
        lock (Gate) Servers.Add(server);
    }

    public static void Remove(ServerProcess server)
    {
        lock (Gate) Servers.Remove(server);
    }

    public static void Add(string folder)
    {
        lock (Gate) Folders.Add(folder);
    }

    /// <summary>Deletes a folder whose server has ended.</summary>
    public static void Delete(string folder)
    {
        Directory.Delete(folder, recursive: true);
        lock (Gate) Folders.Remove(folder);
    }

    private static void TakeAllBack()
    {
        lock (Gate)
        {
            foreach (var server in Servers) server.KillWithChildren();
            foreach (var folder in Folders.Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
        }
    }
}

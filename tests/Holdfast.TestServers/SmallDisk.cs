using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A folder of the servers' account on a disk of its own that is soon full. Only root can mount one.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(await ServerAccount.FolderAsync("holdfast-disk-"));
        var (owner, group) = (await IdAsync("-u"), await IdAsync("-g"));
        await RunAsync("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,mode=700,uid={owner},gid={group}"), "tmpfs", disk.Folder);
        return disk;
    }

    public async ValueTask DisposeAsync()
    {
        // Lazily: a server that was killed by a failing test may still be in there.
        await RunAsync("umount", "--lazy", Folder);
        Leftovers.Delete(Folder);
    }

    private static Task<string> IdAsync(string what) => RunAsync("id", what, ServerAccount.IsRoot ? "postgres" : Environment.UserName);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A file system in memory that is soon full. Mounting takes root, so an unprivileged run mounts through <c>sudo</c>.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _root;

    private SmallDisk(string root) => _root = root;

    /// <summary>Belongs to the servers' account.</summary>
    public string Folder => Path.Combine(_root, "space");

    /// <exception cref="InvalidOperationException">It cannot be mounted; the message says what to do.</exception>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(await ServerAccount.FolderAsync("holdfast-disk-"));
        await RunAsync("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,mode=0777"), "tmpfs", disk._root);
        await ServerAccount.RunAsync("mkdir", disk.Folder);
        return disk;
    }

    public async ValueTask DisposeAsync()
    {
        // Lazily: a server that still has files open there must not keep the folder.
        await RunAsync("umount", "--lazy", _root);
        Leftovers.Delete(_root);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = ServerAccount.IsRoot ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("sudo", ["--non-interactive", program, .. arguments]);
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors} Run the tests as root or with sudo, in a container with --cap-add SYS_ADMIN.");
    }
}

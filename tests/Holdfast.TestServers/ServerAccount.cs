using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>
/// The account that servers run as: PostgreSQL refuses root, so root hands them to <c>postgres</c>; anybody else runs them
/// under their own name. Every server gets SIGKILL when the test process ends, however it ends.
/// </summary>
public static class ServerAccount
{
    private const string Name = "postgres";

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>A process as that account; <paramref name="bound"/>: it dies with this process.</summary>
    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments, bool bound = false)
    {
        var start = new ProcessStartInfo("setpriv") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (IsRoot) foreach (var argument in (string[])["--reuid", Name, "--regid", Name, "--init-groups"]) start.ArgumentList.Add(argument);
        // The kernel clears this signal when a process changes its user, so it must be the last thing that is set: setpriv does.
        if (bound) foreach (var argument in (string[])["--pdeathsig", "KILL"]) start.ArgumentList.Add(argument);
        start.ArgumentList.Add("--");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment.Remove("PGDATA");
        start.WorkingDirectory = Path.GetTempPath();
        return start;
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Start(program, arguments))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output} {await errors}");
    }

    /// <summary>A folder of that account; <see cref="Leftovers.Delete"/> takes it back, at the latest the end of this process does.</summary>
    public static async Task<string> FolderAsync(string prefix)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        Leftovers.Add(folder);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        if (IsRoot)
        {
            using var chown = Process.Start(new ProcessStartInfo("chown", [Name, folder]))!;
            await chown.WaitForExitAsync();
            if (chown.ExitCode != 0) throw new InvalidOperationException($"chown {Name} {folder} ended with {chown.ExitCode}.");
        }
        return folder;
    }
}

using System.Text.Json;

namespace Holdfast.Providers.Control;

/// <summary>
/// The operator's decisions in a file under <c>HOLDFAST_HOME</c>: every process of this machine sees a change within a fraction
/// of a second, with no database in between.
/// </summary>
internal sealed class ControlFile(string home)
{
    public string Path { get; } = System.IO.Path.Combine(home, "control.json");

    /// <summary>Changes whenever the file does; reading it costs one system call.</summary>
    public long Version => File.Exists(Path) ? File.GetLastWriteTimeUtc(Path).Ticks : 0;

    /// <exception cref="HoldfastException">The file is damaged.</exception>
    public ControlState Read()
    {
        if (!File.Exists(Path)) return ControlState.None;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path), ControlJson.Default.ControlState) ?? ControlState.None;
        }
        catch (JsonException e)
        {
            throw new HoldfastException($"{Path} is damaged ({e.Message}). Delete it to go on without freeze, drains and a chosen primary.", e);
        }
    }

    /// <summary>Replaces the file in one step: a reader sees the old or the new one.</summary>
    public void Write(ControlState state)
    {
        Directory.CreateDirectory(home);
        var next = $"{Path}.{Environment.ProcessId}";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, state, ControlJson.Default.ControlState);
            // A name that comes before its content is an empty file after a power cut.
            file.Flush(flushToDisk: true);
        }
        File.Move(next, Path, overwrite: true);
    }
}

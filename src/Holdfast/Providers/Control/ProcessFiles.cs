using System.Text.Json;

namespace Holdfast.Providers.Control;

/// <summary>One file per running process under <c>HOLDFAST_HOME/processes</c>; those of processes that are gone are not counted.</summary>
internal sealed class ProcessFiles(string home)
{
    /// <summary>A process writes every second; what is older than this has ended without saying so.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(15);

    /// <summary>Left by a process that was killed.</summary>
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(1);

    private readonly string _folder = Path.Combine(home, "processes");

    private string Own(Guid id) => Path.Combine(_folder, $"{Environment.ProcessId}-{id:N}.json");

    public void Write(Guid id, ProcessState state)
    {
        Directory.CreateDirectory(_folder);
        var next = Own(id) + ".new";
        File.WriteAllText(next, JsonSerializer.Serialize(state, ControlJson.Default.ProcessState));
        File.Move(next, Own(id), overwrite: true);
    }

    public void Remove(Guid id) => File.Delete(Own(id));

    /// <summary>The processes that live, the newest state first.</summary>
    public IReadOnlyList<ProcessState> Read(DateTimeOffset now)
    {
        if (!Directory.Exists(_folder)) return [];
        var states = new List<ProcessState>();
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
        {
            if (TryRead(file) is not { } state) continue;
            if (now - state.UpdatedAt <= AgeMax) states.Add(state);
            else if (now - state.UpdatedAt > ForgottenAfter) Forget(file);
        }
        return [.. states.OrderByDescending(state => state.UpdatedAt)];
    }

    private static void Forget(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's; it is not counted.
        }
    }

    private static ProcessState? TryRead(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), ControlJson.Default.ProcessState);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // It ended meanwhile, or is another user's, or no file of ours.
            return null;
        }
    }
}

using System.Text.Json;

namespace Holdfast.Providers.Control;

/// <summary>A statement that took long, without its parameters.</summary>
internal sealed record SlowQuery(DateTimeOffset At, string Provider, double Milliseconds, string Statement, int ProcessId);

/// <summary>Slow statements, ours and the application's, in a file under <c>HOLDFAST_HOME</c> that starts anew when it is large.</summary>
internal sealed class SlowQueryLog(string home, TimeSpan slowAfter, TimeProvider time)
{
    private const long BytesMax = 4 * 1024 * 1024;
    private const int StatementLengthMax = 2_000;

    private readonly Lock _lock = new();
    private long _lostCount;
    private readonly string _path = Path.Combine(home, "slow-queries.jsonl");

    private string Older => _path + ".1";

    public void Add(string provider, string statement, TimeSpan took)
    {
        if (took < slowAfter) return;
        var line = JsonSerializer.Serialize(new SlowQuery(time.GetUtcNow(), provider, took.TotalMilliseconds,
            statement.Length <= StatementLengthMax ? statement : statement[..StatementLengthMax], Environment.ProcessId), ControlJson.Default.SlowQuery);
        try
        {
            lock (_lock) Append(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The statement itself is done: a full disk, or another process that starts the file anew, must not make it fail.
            Interlocked.Increment(ref _lostCount);
        }
    }

    /// <summary>Slow statements that could not be written down.</summary>
    public long LostCount => Interlocked.Read(ref _lostCount);

    private void Append(byte[] line)
    {
        Directory.CreateDirectory(home);
        if (new FileInfo(_path) is { Exists: true, Length: > BytesMax }) File.Move(_path, Older, overwrite: true);
        // One write of one line: several processes may append at the same time.
        using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(line);
    }

    /// <summary>What was logged, the newest first; a line that a power cut has torn is left out.</summary>
    public IEnumerable<SlowQuery> Read() => new[] { _path, Older }.Where(File.Exists)
        .SelectMany(path => File.ReadAllLines(path).Reverse()).Select(TryParse).OfType<SlowQuery>();

    private static SlowQuery? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.SlowQuery);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

namespace Holdfast.Tests.Merging;

/// <summary>A folder for files whose merging is tested, not whether they survive the machine: in memory where there is such a place.</summary>
internal sealed class MemoryFolder : IDisposable
{
    private readonly string _path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), Path.GetRandomFileName());

    public MemoryFolder() => Directory.CreateDirectory(_path);

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

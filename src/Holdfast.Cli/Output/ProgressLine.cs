using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Cli.Output;

/// <summary>How far long work is: one line on standard error, redrawn a few times a second, and only where somebody looks.</summary>
internal sealed class ProgressLine(string unit, long bytesAll = 0) : IDisposable
{
    private const int Width = 24;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Lock _drawing = new();
    private long _drawnAt = -1_000;

    public void Report(long count, long bytes)
    {
        if (!Terminal.Progress) return;
        lock (_drawing)
        {
            if (_watch.ElapsedMilliseconds - _drawnAt < 150) return;
            _drawnAt = _watch.ElapsedMilliseconds;
            Console.Error.Write($"\r{Bar(bytes)}{count.ToString("N0", CultureInfo.InvariantCulture)} {unit}  {(count / _watch.Elapsed.TotalSeconds).ToString("N0", CultureInfo.InvariantCulture)}/s\e[K");
        }
    }

    public void Dispose()
    {
        if (_drawnAt >= 0) Console.Error.Write("\r\e[K");
    }

    private string Bar(long bytes)
    {
        if (bytesAll <= 0) return "";
        var share = Math.Clamp((double)bytes / bytesAll, 0, 1);
        var full = (int)(share * Width);
        return $"[{new string('#', full)}{new string('.', Width - full)}] {share.ToString("P0", CultureInfo.InvariantCulture)}  ";
    }
}

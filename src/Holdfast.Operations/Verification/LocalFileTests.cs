using System.Security.Cryptography;

namespace Holdfast.Operations.Verification;

/// <summary>Whether this machine's disk keeps what is written, and the local file too.</summary>
internal sealed class LocalFileTests(TestList tests, HoldfastOptions options, TimeProvider time)
{
    private const string Name = "local";

    public async Task RunAsync(bool mayWrite, CancellationToken cancellationToken)
    {
        var file = options.LocalFile ?? HoldfastHome.LocalFile(options.Home);
        await tests.RunAsync(Name, "its folder takes a file to the disk", token => WriteAsync(Path.GetDirectoryName(file)!, token), cancellationToken).ConfigureAwait(false);
        await new StoreTests(tests, Name, token => MemoryOpener.OnAsync(file, options, token)).RunAsync(mayWrite, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"verify.{Environment.ProcessId}");
        var bytes = RandomNumberGenerator.GetBytes(64 * 1024);
        try
        {
            var started = time.GetTimestamp();
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            var took = time.GetElapsedTime(started);
            return (await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(bytes)
                ? FormattableString.Invariant($"64 kB written and flushed in {took.TotalMilliseconds:0.0} ms, read back the same")
                : throw new VerificationFailedException($"{path}: what is read is not what was written", "Check this machine's disk before anything else: smartctl -a, dmesg.");
        }
        finally
        {
            File.Delete(path);
        }
    }
}

using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Conventions;

public sealed class CancelTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task control_c_ends_a_command_in_order()
    {
        using var process = _holdfast.Start("demo-append", _holdfast.PathOf("demo"));
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());
        using var kill = System.Diagnostics.Process.Start("bash", ["-c", $"kill -INT {process.Id}"]);
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(5, process.ExitCode);
        Assert.StartsWith("error: Cancelled.", await errors, StringComparison.Ordinal);
    }
}

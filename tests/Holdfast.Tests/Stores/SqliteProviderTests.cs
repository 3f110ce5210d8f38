using Holdfast.Tests.Crash;
using Xunit;

namespace Holdfast.Tests.Stores;

public sealed class SqliteProviderTests
{
    [Theory]
    [InlineData("host", "provider the host's")]
    [InlineData("none", "provider Holdfast's")]
    public async Task a_host_that_has_chosen_its_sqlite_keeps_it(string mode, string provider)
    {
        using var process = ChildProgram.Start("Holdfast.HostProvider", mode, TestPlaces.NewFolder());
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        Assert.Equal(["text hello", provider], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}

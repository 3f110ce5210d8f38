using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class VersionTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task the_versions_of_what_matters_are_told()
    {
        var versions = (await _holdfast.RunAsync("version", "--json")).Result;
        Assert.Equal(["holdfast", "dotnet", "sqlite", "schema"], versions.EnumerateObject().Select(member => member.Name));
        Assert.StartsWith("holdfast ", (await _holdfast.RunAsync("version")).Done().Out, StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using Holdfast.Providers.Configuration;
using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class EnvFileTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private EnvFile Read(string text) => EnvFile.Read(_folder.Write("project/.env", text));

    [Theory]
    [InlineData("K=v", "v")]
    [InlineData("export K=v\r\n", "v")]
    [InlineData("  K = v  ", "v")]
    [InlineData("K=", "")]
    [InlineData("K= # none", "")]
    [InlineData("K=a#b", "a#b")]
    [InlineData("K=a #b", "a")]
    [InlineData("K='a # $X \\n'", "a # $X \\n")]
    [InlineData("K=\"a\\n\\\"\\\\\\$b\\t\"", "a\n\"\\$b\\t")]
    [InlineData("K=\"a # b\" # c", "a # b")]
    [InlineData("K=$(rm -rf x)", "$(rm -rf x)")]
    [InlineData("K=a=b", "a=b")]
    [InlineData("\uFEFF# first\n\nK=v", "v")]
    public void a_value_is_read_as_the_grammar_says(string text, string value)
    {
        var file = Read(text);
        Assert.Equal(("K", value), (file.Values.Single().Key, file.Values.Single().Value));
        Assert.Empty(file.Errors);
    }

    [Theory]
    [InlineData("K='pl4nted")]
    [InlineData("K=\"pl4nted\\\"")]
    [InlineData("K='pl4'nted")]
    [InlineData("pl4nted")]
    [InlineData("1pl4nted=x")]
    [InlineData("=pl4nted")]
    public void a_line_that_cannot_be_read_is_named_by_its_number(string text)
    {
        var error = Assert.Single(Read("OK=1\n" + text).Errors);
        Assert.Contains("line 2", error, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4", error, StringComparison.Ordinal);
    }

    [Fact]
    public void a_key_that_is_set_twice_is_warned_of_and_the_last_counts()
    {
        var file = Read("K=a\nK=b\n");
        Assert.Equal("b", file.Values.Single().Value);
        Assert.Contains("sets K again (first in line 1)", Assert.Single(file.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_that_others_can_read_is_warned_of()
    {
        var path = _folder.Write("project/.env", "K=v");
        Assert.Empty(EnvFile.Read(path).Warnings);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Single(EnvFile.Read(path).Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("4")]
    public void a_file_that_git_keeps_is_warned_of(string version)
    {
        foreach (var name in new[] { ".editorconfig", ".env.example", "a/b", "z" }) _folder.Write($"project/{name}", "x");
        var path = _folder.Write("project/.env", "K=v");
        Git("init", "-q");
        Git("add", ".editorconfig", ".env.example", "a/b", "z");
        Assert.Empty(EnvFile.Read(path).Warnings);
        Git("add", ".env");
        Git("update-index", "--index-version", version);
        Assert.Contains("tracked by git", Assert.Single(EnvFile.Read(path).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void the_search_goes_up_to_the_repository_and_no_further()
    {
        var outside = _folder.Write(".env", "K=outside");
        Assert.Null(EnvFile.Find(_folder.Project));
        Git("init", "-q");
        var deep = Directory.CreateDirectory(Path.Combine(_folder.Project, "a", "b")).FullName;
        Assert.Null(EnvFile.Find(deep));
        var own = _folder.Write("project/.env", "K=own");
        Assert.Equal(own, EnvFile.Find(deep));
        Assert.True(File.Exists(outside));
    }

    private void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder.Project })!;
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }
}

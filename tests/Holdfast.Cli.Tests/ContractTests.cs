using System.CommandLine;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema;
using Holdfast.Stores;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests;

public sealed class ContractTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    public static TheoryData<string> EveryCommand()
    {
        var names = new TheoryData<string>();
        foreach (var name in Names(HoldfastCommand.Create(), "")) names.Add(name);
        return names;
    }

    private static IEnumerable<string> Names(Command command, string path) => command.Subcommands.Count == 0 ? [path]
        : command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => Names(sub, path.Length == 0 ? sub.Name : $"{path} {sub.Name}"));

    [Theory, MemberData(nameof(EveryCommand))]
    public async Task every_command_has_help_with_an_example_and_refuses_what_it_does_not_know(string command)
    {
        var help = await _holdfast.RunAsync([.. command.Split(' '), "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Usage:\n  holdfast", help.Output, StringComparison.Ordinal);
        Assert.Contains("Example:\n  ", help.Output, StringComparison.Ordinal);
        var wrong = await _holdfast.RunAsync([.. command.Split(' '), "--no-such-option", "--json"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Equal("holdfast.v1", wrong.Envelope.GetProperty("schema").GetString());
        Assert.Equal("usage", wrong.Envelope.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("hint: holdfast ", wrong.Errors, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, int> Errors() => new()
    {
        { new InvalidInputException("field", "is bad."), 2 },
        { new SchemaException("old"), 4 },
        { new SchemaLockException("somebody", TimeSpan.FromSeconds(1)), 7 },
        { new RevisionConflictException("x", default), 7 },
        { new StoreUnavailableException("gone"), 8 },
        { new StoreUnavailableException("denied", new PostgresException("permission denied", "ERROR", "ERROR", "42501")), 3 },
        { new StoreUnavailableException("denied", new PostgresException("password", "FATAL", "FATAL", "28P01")), 3 },
        { new OperationCanceledException(), 5 },
        { new FileNotFoundException("no file"), 6 },
        { new CliException(ExitCode.Findings, "x"), 10 },
        { new HoldfastException("x"), 1 },
        { new InvalidOperationException("a defect"), 1 },
    };

    [Theory, MemberData(nameof(Errors))]
    public void every_error_has_one_exit_code_of_the_table(Exception error, int code)
    {
        Assert.Equal(code, (int)CliError.Of(error).Code);
        Assert.True(Enum.IsDefined(CliError.Of(error).Code));
    }

    [Fact]
    public async Task an_unreachable_server_is_no_empty_answer_and_its_password_is_nowhere()
    {
        _holdfast.Environment["HOLDFAST_PROVIDER_MAIN"] = $"postgres://agent:pl4nted-s3cret@127.0.0.1:{Ports.Free()}/memory";
        foreach (var arguments in (string[][])[["status"], ["recall", "x"], ["session", "list"], ["remember", "x", "--session", "s"], ["schema", "migrate"], ["export"]])
        {
            var answer = await _holdfast.RunAsync(arguments);
            Assert.Equal(8, answer.ExitCode);
            Assert.DoesNotContain("pl4nted", answer.All, StringComparison.Ordinal);
            Assert.Contains("127.0.0.1", answer.Errors, StringComparison.Ordinal);
        }
        _holdfast.Environment["HOLDFAST_PROVIDER_MAIN"] = "postgres://agent:pl4nted-s3cret@@@/:";
        var broken = await _holdfast.RunAsync("status");
        Assert.Equal(2, broken.ExitCode);
        Assert.DoesNotContain("pl4nted", broken.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_changing_command_names_its_target_first_and_a_dry_run_changes_nothing()
    {
        var answer = await _holdfast.RunAsync("remember", "x", "--session", "s", "--dry-run");
        Assert.Equal(0, answer.ExitCode);
        Assert.StartsWith($"target: local  {_holdfast.Home}", answer.Errors, StringComparison.Ordinal);
        Assert.Equal(6, (await _holdfast.RunAsync("session", "show", "s")).ExitCode);
    }

    [Fact]
    public async Task several_providers_must_be_chosen_from_and_an_unknown_one_is_named()
    {
        _holdfast.Environment["HOLDFAST_PROVIDER_A"] = "postgres://a@127.0.0.1/x";
        _holdfast.Environment["HOLDFAST_PROVIDER_B"] = "postgres://b@127.0.0.1/x";
        var which = await _holdfast.RunAsync("status");
        Assert.Equal(2, which.ExitCode);
        Assert.Contains("a, b", which.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await _holdfast.RunAsync("status", "--provider", "c")).ExitCode);
        Assert.Equal(0, (await _holdfast.RunAsync("status", "--provider", "local")).ExitCode);
    }

    [Fact]
    public async Task there_is_no_colour_in_a_pipe_unless_it_is_forced()
    {
        Assert.DoesNotContain('\e', (await _holdfast.RunAsync("session", "show", "nope")).All);
        _holdfast.Environment["CLICOLOR_FORCE"] = "1";
        Assert.Contains('\e', (await _holdfast.RunAsync("session", "show", "nope")).Errors);
        _holdfast.Environment["NO_COLOR"] = "1";
        Assert.DoesNotContain('\e', (await _holdfast.RunAsync("session", "show", "nope")).All);
    }

    [Fact]
    public async Task input_that_cannot_be_kept_is_refused_with_its_field()
    {
        var answer = await _holdfast.RunAsync("remember", "x", "--session", new string('s', 10_000));
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("session_id: has 10000 bytes", answer.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await _holdfast.RunAsync("remember", "x", "--session", "s", "--type", "poem")).ExitCode);
        Assert.Equal(2, (await _holdfast.RunAsync("remember", "x", "--session", "s", "--metadata", "{")).ExitCode);
        Assert.Equal(2, (await _holdfast.RunAsync("remember", "x", "--session", "s", "--at", "yesterday")).ExitCode);
    }

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("fish"), InlineData("pwsh")]
    public async Task a_completion_script_asks_the_program_and_the_program_suggests(string shell)
    {
        Assert.Contains("[suggest:", (await _holdfast.RunAsync("completion", shell)).Output, StringComparison.Ordinal);
        Assert.Contains("session", (await _holdfast.RunAsync("[suggest:3]", "ses")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await _holdfast.RunAsync("completion", "cmd.exe")).ExitCode);
    }
}

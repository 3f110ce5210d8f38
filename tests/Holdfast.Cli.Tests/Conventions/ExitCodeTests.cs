using Holdfast.Cli.Output;
using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Conventions;

public sealed class ExitCodeTests : IDisposable
{
    private const string Planted = "planted-s3cret";

    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    public static TheoryData<string> Commands => [.. CommandTree.Leaves.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task an_unknown_option_is_a_usage_error(string command)
    {
        var answer = (await _holdfast.RunAsync([.. command.Split(' '), "--no-such-option", "--json"])).Ended(2);
        var envelope = answer.Envelope;
        Assert.Equal(("holdfast.v1", command, "usage"), (envelope.GetProperty("schema").GetString(), envelope.GetProperty("command").GetString(), envelope.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains($"hint: holdfast {command} --help", answer.Errors, StringComparison.Ordinal);
    }

    // Their result tells that nothing answers, where others end with an error.
    private static readonly string[] Reports = ["status", "health", "provider list"];

    // They ask no server, or know already that the one of the example is not configured.
    private static readonly string[] AskNothing = ["version", "completion", "demo", "config check", "query slow", "provider show", "provider use", "provider drain", "provider enable", "freeze on", "freeze off", "schema diff",
        // One provider has nobody to be equal with.
        "relay status", "relay run",
        // They work on files.
        "schema lint", "schema new"];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task a_server_that_does_not_answer_ends_in_a_code_of_the_table_and_no_secret_is_shown(string command)
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", $"postgres://maria:{Planted}@127.0.0.1:1/memory?sslmode=disable");
        if (command == "import") _holdfast.Write("memory.jsonl", "");
        var example = CommandTree.Words(CommandTree.Leaves.Single(entry => entry.Name == command).Command.Example);
        var answer = await _holdfast.RunAsync([.. example, .. example.Contains("--json") || command == "export" ? Array.Empty<string>() : ["--json"],
            .. example.Contains("--provider") || AskNothing.Contains(command) ? Array.Empty<string>() : ["--provider", "main"]]);
        Assert.True(Enum.IsDefined((ExitCode)answer.Code), $"exit code {answer.Code}");
        Assert.DoesNotContain(Planted, answer.Out + answer.Errors, StringComparison.Ordinal);
        if (answer.Code != 0 && !Reports.Contains(command))
            Assert.StartsWith("error: ", answer.Errors.TrimEnd().Split('\n').First(line => !line.StartsWith("target: ", StringComparison.Ordinal) && !line.StartsWith("control file: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        if (!AskNothing.Contains(command) && !command.StartsWith("job ", StringComparison.Ordinal)) answer.Ended(command == "verify" ? 9 : 8);
    }

    [Fact]
    public async Task with_providers_none_of_which_answers_a_write_goes_to_the_local_file()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", "postgres://maria@127.0.0.1:1/memory?sslmode=disable");
        (await _holdfast.RunAsync("remember", "hello", "--session", "s")).Done();
        (await _holdfast.RunAsync("status")).Ended(8);
    }

    [Fact]
    public async Task a_text_that_begins_like_an_option_stands_behind_two_dashes()
    {
        (await _holdfast.RunAsync("remember", "--session", "s", "--", "--verbose is on")).Done();
        (await _holdfast.RunAsync("setting", "set", "llm", "bias", "-1")).Done();
        Assert.EndsWith("user: --verbose is on\n", (await _holdfast.RunAsync("session", "show", "s")).Done().Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://maria:planted-s3cret@127.0.0.1:1/memory?no_such_option=1")]
    [InlineData("postgres://maria:planted-s3cret@127.0.0.1:port/memory")]
    [InlineData("Host=127.0.0.1;Password=planted-s3cret;Nonsense=1")]
    public async Task a_url_that_cannot_be_read_is_a_usage_error_that_does_not_repeat_it(string url)
    {
        var answer = (await _holdfast.With("HOLDFAST_PROVIDER_MAIN", url).RunAsync("status", "--json")).Ended(2);
        Assert.DoesNotContain(Planted, answer.Out + answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void what_is_thrown_becomes_a_code_in_one_place()
    {
        Assert.Equal(ExitCode.Usage, CliError.Of(new InvalidInputException("content", "is too long.")).Code);
        Assert.Equal(ExitCode.Conflict, CliError.Of(new SchemaLockException("process 1", TimeSpan.FromSeconds(1))).Code);
        Assert.Equal(ExitCode.Conflict, CliError.Of(new AccessLockException("there", 10, [], new PostgresException("canceling statement due to lock timeout", "ERROR", "ERROR", "55P03"))).Code);
        Assert.Equal(ExitCode.Failed, CliError.Of(new AccessOutcomeException("there", null, new IOException("reset"))).Code);
        Assert.Equal(ExitCode.Refused, CliError.Of(new SchemaException("older")).Code);
        Assert.Equal(ExitCode.VerificationFailed, CliError.Of(new SchemaVerificationException("other than it was made")).Code);
        Assert.Equal(ExitCode.Refused, CliError.Of(new WritesFrozenException(DateTimeOffset.UnixEpoch, "maria")).Code);
        Assert.Equal(ExitCode.Refused, CliError.Of(new SpoolFullException(2, 1, "memory.db")).Code);
        Assert.Equal(ExitCode.Findings, CliError.Of(new WriteConcernException(Guid.Empty, WriteConcern.Majority, [], TimeSpan.FromSeconds(1))).Code);
        Assert.Equal(ExitCode.Unreachable, CliError.Of(new StoreUnavailableException("down")).Code);
        Assert.Equal(ExitCode.Permission, CliError.Of(new StoreUnavailableException("denied", new UnauthorizedAccessException())).Code);
        Assert.Equal(ExitCode.Cancelled, CliError.Of(new OperationCanceledException()).Code);
        Assert.Equal(ExitCode.NotFound, CliError.Of(new FileNotFoundException("none")).Code);
        Assert.Equal(ExitCode.Failed, CliError.Of(new InvalidOperationException("defect")).Code);
    }

    [Fact]
    public void the_table_is_the_contract() =>
        Assert.Equal("0 done, 1 failed, 2 usage, 3 permission, 4 refused, 5 cancelled, 6 not_found, 7 conflict, 8 unreachable, 9 verification_failed, 10 findings",
            string.Join(", ", Enum.GetValues<ExitCode>().Select(code => $"{(int)code} {Naming.Snake(code.ToString())}")));
}

using System.Text;
using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Secrets;

/// <summary>A secret never comes out (DESIGN §8.5): planted in every place that takes one, looked for in all that the program says, writes and shows.</summary>
public sealed class SecretScanTests(KeyedServer server) : IClassFixture<KeyedServer>, IDisposable
{
    private static readonly string[][] OfAll =
    [
        ["config", "check"], ["doctor"], ["status"], ["verify"], ["provider", "list"], ["provider", "test"], ["relay", "status"], ["relay", "verify"], ["query", "slow"],
        ["access", "plan"], ["access", "verify"], ["access", "tls"],
    ];

    private static readonly string[][] OfOne = [["recall", "lighthouse"], ["schema", "migrate", "--dry-run"], ["access", "verify"], ["access", "tls"], ["access", "apply", "--dry-run"]];

    private readonly HoldfastProgram _holdfast = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-secrets-").FullName;

    private SecretScan Scan => field ??= new SecretScan(server.Secrets);

    public void Dispose()
    {
        _holdfast.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task no_command_shows_a_password_whatever_is_wrong_with_the_provider()
    {
        foreach (var (name, url) in server.Urls) _holdfast.With($"HOLDFAST_PROVIDER_{name.ToUpperInvariant()}", url);
        // The same once more, for what only the tools use.
        _holdfast.With("HOLDFAST_PROVIDER_GOOD_CONTROL", server.Urls["good"]).With("HOLDFAST_PROVIDER_GOOD_RELAY", server.Urls["wrong"]).With("DATABASE_FAILOVER_ORDER", "good,wrong,refused");
        await RunAsync([.. OfAll.SelectMany(Both), .. server.Urls.Keys.SelectMany(name => OfOne.Select(command => (string[])[.. command, "--provider", name]))]);
        (await _holdfast.RunAsync("remember", "the lighthouse", "--session", "s", "--provider", "good")).Done();
        AssertClean();
    }

    [Fact]
    public async Task no_command_shows_a_connection_that_it_cannot_read()
    {
        foreach (var (name, url) in server.Unreadable)
        {
            using var holdfast = new HoldfastProgram();
            holdfast.With($"HOLDFAST_PROVIDER_{name.ToUpperInvariant()}", url);
            await RunAsync(holdfast, [["config", "check"], ["config", "check", "--json"], ["doctor", "--json"], ["status"]]);
            Scan.LookThrough(holdfast.Home);
        }
        AssertClean();
    }

    [Fact]
    public async Task a_url_file_stays_in_its_file()
    {
        foreach (var (name, url) in server.Urls.Concat(server.Unreadable).Where(entry => entry.Key is "good" or "wrong" or "refused" or "percent" or "keyword"))
        {
            var file = Path.Combine(_folder, name);
            await File.WriteAllTextAsync(file, url);
            await RunAsync([["status", "--url-file", file], ["recall", "lighthouse", "--json", "--url-file", file], ["schema", "migrate", "--dry-run", "--url-file", file]]);
        }
        AssertClean();
    }

    [Fact]
    public async Task what_runs_for_long_shows_nothing_in_the_process_list_its_state_and_its_files()
    {
        _holdfast.With("HOLDFAST_PROVIDER_GOOD", server.Urls["good"]).With("HOLDFAST_PROVIDER_WRONG", server.Urls["wrong"]).With("DATABASE_FAILOVER_ORDER", "good,wrong");
        using var process = _holdfast.Start("relay", "run");
        try
        {
            var (output, errors) = (new StringBuilder(), new StringBuilder());
            process.OutputDataReceived += (_, line) => { lock (output) output.AppendLine(line.Data); };
            process.ErrorDataReceived += (_, line) => { lock (errors) errors.AppendLine(line.Data); };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            // It publishes its own state there once its memory is open.
            await Wait.UntilAsync(() => Directory.EnumerateFiles(_holdfast.Home, "*", SearchOption.AllDirectories).Any(file => file.Contains($"{process.Id}", StringComparison.Ordinal)), "the process publishes its state",
                details: () => errors.ToString());
            Scan.LookAtProcess(process.Id);
            Scan.LookThrough(_holdfast.Home);
            await RunAsync([["status", "--json"], ["provider", "drain", "wrong", "--yes"], ["query", "slow", "--json"]]);
            lock (output) Scan.Look("output", output.ToString());
            lock (errors) Scan.Look("errors", errors.ToString());
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        AssertClean();
    }

    [Fact]
    public async Task access_shows_neither_the_password_that_it_came_in_with_nor_those_that_it_makes()
    {
        _holdfast.With("HOLDFAST_PROVIDER_GOOD", server.Urls["good"]).With("HOLDFAST_PROVIDER_WRONG", server.Urls["wrong"]).With("DATABASE_FAILOVER_ORDER", "good,wrong");
        var file = Path.Combine(_folder, "access.secrets");
        string[][] commands = [["access", "apply", "--write-secrets", file, "--yes", "--provider", "good"], ["access", "verify", "--secrets", file, "--provider", "good"],
            ["access", "verify", "--secrets", file, "--provider", "good", "--json"], ["access", "apply", "--write-secrets", file, "--yes", "--provider", "good", "--json"], ["access", "apply", "--yes"]];
        var said = new List<Answer>();
        foreach (var command in commands) said.Add(await _holdfast.RunAsync(command));
        Assert.Equal([0, 0, 0, 0], said.Take(4).Select(answer => answer.Code));
        var made = (await File.ReadAllLinesAsync(file)).Select(line => new Uri(line).UserInfo.Split(':')).Select(user => PlantedSecret.Made(user[0], user[1])).ToList();
        Assert.Equal(6, made.Count);
        foreach (var scan in (SecretScan[])[Scan, new SecretScan(made)])
        {
            foreach (var answer in said) scan.Look("access", answer.Out + answer.Errors);
            scan.LookThrough(_holdfast.Home);
            Assert.Empty(scan.Leaks);
        }
        // In the file they are, so that the scan would see them.
        var found = new SecretScan(made);
        found.LookThrough(_folder);
        Assert.Equal(made.Select(secret => secret.Place).Order(StringComparer.Ordinal), found.Leaks.Select(leak => leak.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void the_scan_finds_a_secret_in_every_form_so_that_its_silence_means_something()
    {
        var secret = new PlantedSecret("control");
        string[] forms =
        [
            secret.Password, $"password={secret.Password};", secret.Encoded, System.Net.WebUtility.UrlEncode(secret.Password), System.Text.Json.JsonSerializer.Serialize(new { secret.Password }),
            .. Enumerable.Range(0, 6).Select(i => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('p', i) + secret.Password))), Convert.ToHexString(Encoding.UTF8.GetBytes(secret.Password)), secret.Core.ToUpperInvariant(),
        ];
        foreach (var form in forms)
        {
            var (text, bytes) = (new SecretScan(secret), new SecretScan(secret));
            text.Look("somewhere", $"before {form} after");
            bytes.Look("somewhere", Encoding.UTF8.GetBytes($"before {form} after"));
            Assert.NotEmpty(text.Leaks);
            Assert.NotEmpty(bytes.Leaks);
        }
        var wide = new SecretScan(secret);
        wide.Look("two bytes a letter", Encoding.Unicode.GetBytes(secret.Password));
        wide.Look("an inner exception's data", new InvalidOperationException("outer", new InvalidOperationException("inner") { Data = { ["x"] = secret.Password } }));
        Assert.True(wide.Leaks.Count >= 2);
        var nothing = new SecretScan(secret);
        nothing.Look("nothing", "the password of good is ***");
        Assert.Empty(nothing.Leaks);
    }

    [Fact]
    public async Task the_scan_finds_what_a_process_shows_on_its_command_line_and_leaves_in_its_folder()
    {
        var secret = new PlantedSecret("control");
        var scan = new SecretScan(secret);
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", "sleep 60; :", secret.Core]))!;
        try
        {
            scan.LookAtProcess(process.Id);
            await File.WriteAllTextAsync(Path.Combine(_folder, "state.json"), secret.Encoded);
            var found = scan.Leaks.Count;
            Assert.True(found > 0);
            scan.LookThrough(_folder);
            Assert.True(scan.Leaks.Count > found);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static IEnumerable<string[]> Both(string[] command) => [command, [.. command, "--json"]];

    private Task RunAsync(IReadOnlyList<string[]> commands) => RunAsync(_holdfast, commands);

    private async Task RunAsync(HoldfastProgram holdfast, IReadOnlyList<string[]> commands)
    {
        foreach (var some in commands.Chunk(3))
        {
            var answers = await Task.WhenAll(some.Select(command => holdfast.RunAsync(command)));
            foreach (var (command, answer) in some.Zip(answers))
            {
                var where = string.Join(' ', command);
                // A command that was not understood has shown nothing either.
                Assert.True(answer.Out.Length + answer.Errors.Length > 0, where);
                Assert.DoesNotContain("Unrecognized command", answer.Errors, StringComparison.Ordinal);
                Scan.Look(where, answer.Out);
                Scan.Look($"{where} (errors)", answer.Errors);
            }
        }
    }

    private void AssertClean()
    {
        Scan.LookThrough(_holdfast.Home);
        Assert.True(Scan.Looked > 5);
        Assert.True(Scan.Leaks.Count == 0, string.Join('\n', Scan.Leaks));
    }
}

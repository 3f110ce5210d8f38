using System.Diagnostics;
using Holdfast.Chaos;
using Holdfast.Chaos.Faults;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;

if (args is ["writer"]) return await WriterProgram.RunAsync(Console.In, Console.OpenStandardOutput());
if (ChaosOptions.Parse(args, out var problem) is not { } options)
{
    Console.Error.WriteLine(problem);
    return 2;
}
if (options.WantsHelp)
{
    Console.WriteLine(ChaosOptions.Help);
    return 0;
}

var started = Stopwatch.GetTimestamp();
var canFillDisks = await SmallDisks.CanMountAsync();
if (!canFillDisks) Console.WriteLine("disks are not filled: mounting a small one takes root or sudo");
var servers = await ChaosServers.StartAsync();
var (held, broken) = (0, 0);
for (var i = 0; options.Minutes is { } minutes ? Stopwatch.GetElapsedTime(started).TotalMinutes < minutes : i < options.Seeds; i++)
{
    var plan = RunPlan.Of(options.Seed + i, canFillDisks);
    if (options.Verbose) Console.WriteLine($"seed {plan.Seed}: {plan}");
    Verdict verdict;
    try
    {
        verdict = await new ChaosRun(servers, plan) { Keep = options.Keep, Log = options.Verbose ? Console.WriteLine : null }.RunAsync();
    }
#pragma warning disable CA1031 // A run that breaks off does not hold; the next seeds are still to be run.
    catch (Exception e)
#pragma warning restore CA1031
    {
        verdict = new Verdict(plan, 0, 0, 0, 0, 0, TimeSpan.Zero, [$"the run broke off: {e}"]);
        // Nobody knows in what state it has left them.
        await servers.DisposeAsync();
        servers = await ChaosServers.StartAsync();
    }
    Console.WriteLine(verdict.Line);
    if (verdict.Holds)
    {
        held++;
        continue;
    }
    broken++;
    Console.WriteLine($"  plan: {plan}");
    foreach (var line in verdict.Problems.Take(40)) Console.WriteLine($"  {line}");
    foreach (var group in verdict.Problems.Where(line => line.Contains("differs: ", StringComparison.Ordinal)).Select(line => line.Split(' ')).GroupBy(words => $"{words[Array.IndexOf(words, "differs:") + 1]} {string.Join(' ', words[Array.IndexOf(words, "is")..])}"))
        Console.WriteLine($"  {group.Count()} rows of {group.Key}");
    if (verdict.Problems.Count > 40) Console.WriteLine($"  … and {verdict.Problems.Count - 40} more");
    Console.WriteLine($"  to repeat: ./chaos.sh --seed {plan.Seed}");
}
await servers.DisposeAsync();
Console.WriteLine($"{held} runs hold, {broken} do not");
return broken == 0 ? 0 : 1;

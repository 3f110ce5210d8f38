using System.Globalization;
using System.Text;
using System.Text.Json;
using static System.FormattableString;

namespace Holdfast.Bench;

/// <summary>The result: a table to read, and every round as JSON.</summary>
internal sealed class Report(BenchContext context)
{
    private readonly List<Measurement> _results = [];

    public void Add(Measurement result) => _results.Add(result);

    public async Task WriteAsync()
    {
        var machine = await Machine.DescribeAsync(context.Options);
        Directory.CreateDirectory(context.Options.Results);
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var suffix = context.Options.Only.Count > 0 ? "-" + string.Join("-", context.Options.Only) : "";
        var path = Path.Combine(context.Options.Results, $"{day}-{machine.Cores}cores-{machine.MemoryGigabytes:0}gb{suffix}");
        await File.WriteAllTextAsync(path + ".md", Markdown(machine, day));
        await File.WriteAllTextAsync(path + ".json", Json(machine, day));
        Console.Error.WriteLine($"{path}.md");
    }

    private string Markdown(Machine machine, string day)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            # Speed, {day}

            {machine.Cores} cores ({machine.Name}), {machine.MemoryGigabytes:0} GB, {machine.System}; writing 8 kB and waiting for the disk takes {machine.SyncMilliseconds:0.000} ms (median).
            {machine.Runtime}; Holdfast {Product.Version}; {machine.Server}. Client and server share the cores; load average at the end {machine.LoadAverage:0.0}.

            Ours and raw take turns within one run; the ratio is the median of the rounds' ratios. The raw side is Npgsql alone on the very same table with the same indexes (full text too). A message has {Messages.Bytes} bytes.

            | what | unit | ours | raw | ratio | target | met |
            |---|---|---|---|---|---|---|
            """);
        foreach (var result in _results)
            text.AppendLine($"| {result.Work} | {result.Unit} | {Figure.Of(result.Ours)} | {(result.Raw is { } raw ? Figure.Of(raw) : "")} | {(result.Raw is null ? "" : Figure.Of(result.Value))} | {result.Target} | {(result.Met ? "yes" : $"**no** ({result.Missed})")} |");
        foreach (var result in _results.Where(result => result.Note is not null)) text.AppendLine().AppendLine($"{result.Work}: {result.Note}");
        return text.ToString();
    }

    private string Json(Machine machine, string day)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("day", day);
            json.WriteString("machine", $"{machine.Name}, {machine.Cores} cores, {machine.MemoryGigabytes:0.0} GB, {machine.System}");
            json.WriteNumber("disk_sync_ms", machine.SyncMilliseconds);
            json.WriteNumber("load_average", machine.LoadAverage);
            json.WriteString("runtime", machine.Runtime);
            json.WriteString("server", machine.Server);
            json.WriteStartArray("results");
            foreach (var result in _results) Write(json, result);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, Measurement result)
    {
        json.WriteStartObject();
        json.WriteString("work", result.Work);
        json.WriteString("unit", result.Unit);
        json.WriteNumber("ours", result.Ours);
        if (result.Raw is { } raw) json.WriteNumber("raw", raw);
        json.WriteNumber("value", result.Value);
        json.WriteString("target", result.Target.ToString());
        json.WriteBoolean("met", result.Met);
        // On one line: some measures have thousands.
        json.WritePropertyName("rounds");
        json.WriteRawValue($"[{string.Join(',', result.Rounds.Select(round => double.IsNaN(round.Raw) ? Invariant($"[{round.Ours}]") : Invariant($"[{round.Ours},{round.Raw}]")))}]");
        json.WriteEndObject();
    }
}

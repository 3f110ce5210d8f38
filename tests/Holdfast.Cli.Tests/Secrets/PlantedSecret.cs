using System.Collections;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Holdfast.Cli.Tests.Secrets;

/// <summary>A password that stands nowhere else in the world, and every form in which it could come out.</summary>
internal sealed class PlantedSecret
{
    // Signs that URLs, connection strings, JSON and shells each write in a way of their own.
    private const string Signs = "@/?#:;'\"\\ %&=ü";

    public PlantedSecret(string place) : this(place, $"zq{place}7Xpl4nted", Signs) { }

    private PlantedSecret(string place, string core, string signs)
    {
        Place = place;
        Core = core;
        Password = signs.Length == 0 ? core : core + signs + core;
        Forms = [.. new[]
        {
            // In the encodings that leave letters alone the core stands as it is.
            Core, new string([.. Core.Reverse()]), Convert.ToHexString(Encoding.UTF8.GetBytes(Core)),
            // Base64 of a longer text: the core's own bytes, at each of the three places where they can begin.
            Base64(0), Base64(1), Base64(2),
            Uri.EscapeDataString(Password), WebUtility.UrlEncode(Password), JsonSerializer.Serialize(Password),
        }.Distinct()];
    }

    /// <summary>A password that the program made itself, of letters and digits.</summary>
    public static PlantedSecret Made(string place, string password) => new(place, password, signs: "");

    public string Place { get; }

    /// <summary>What no encoding changes.</summary>
    public string Core { get; }

    public string Password { get; }

    public IReadOnlyList<string> Forms { get; }

    /// <summary>As the password of a URL.</summary>
    public string Encoded => Uri.EscapeDataString(Password);

    /// <summary>The forms that stand in a text, in any case of letters.</summary>
    public IEnumerable<string> FoundIn(string text) => Forms.Where(form => text.Contains(form, StringComparison.OrdinalIgnoreCase));

    /// <summary>The forms that stand in a file or a stream, in one byte a letter or two.</summary>
    public IEnumerable<string> FoundIn(byte[] bytes) => FoundIn(Encoding.Latin1.GetString(bytes)).Concat(FoundIn(Encoding.Unicode.GetString(bytes)));

    // Without the first and last letters, which share their bits with what stands around them.
    private string Base64(int before) => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', before) + Core + "xx"))[(before == 0 ? 0 : 4)..^8];
}

/// <summary>Looks for planted secrets wherever something was said.</summary>
internal sealed class SecretScan(params IReadOnlyList<PlantedSecret> secrets)
{
    private readonly List<string> _leaks = [];

    public int Looked { get; private set; }

    public IReadOnlyList<string> Leaks => _leaks;

    public void Look(string where, string text)
    {
        Looked++;
        _leaks.AddRange(from secret in secrets from form in secret.FoundIn(text) select $"{secret.Place} in {where} as {form}: {Around(text, form)}");
    }

    public void Look(string where, byte[] bytes)
    {
        Looked++;
        _leaks.AddRange(from secret in secrets from form in secret.FoundIn(bytes) select $"{secret.Place} in {where} as {form}");
    }

    /// <summary>An exception with all that hangs on it.</summary>
    public void Look(string where, Exception error)
    {
        Look(where, error.ToString());
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            Look($"{where}: message", inner.Message);
            foreach (DictionaryEntry entry in inner.Data) Look($"{where}: data", $"{entry.Key} {entry.Value}");
            if (inner is AggregateException many) foreach (var one in many.InnerExceptions) Look(where, one);
        }
    }

    /// <summary>All files of a folder.</summary>
    public void LookThrough(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            // Shared: the local file may be open.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            Look(file, bytes.ToArray());
        }
    }

    /// <summary>What everybody on the machine may read of a process and its children: their command lines.</summary>
    public void LookAtProcess(int id)
    {
        Look($"/proc/{id}/cmdline", File.ReadAllBytes($"/proc/{id}/cmdline"));
        Look($"/proc/{id}/comm", File.ReadAllText($"/proc/{id}/comm"));
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{id}/task"))
        {
            var children = Path.Combine(thread, "children");
            if (!File.Exists(children)) continue;
            foreach (var child in File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries)) LookAtProcess(int.Parse(child, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static string Around(string text, string form)
    {
        var at = text.IndexOf(form, StringComparison.OrdinalIgnoreCase);
        return text[Math.Max(0, at - 60)..Math.Min(text.Length, at + form.Length + 20)];
    }
}

using System.CommandLine;

namespace Holdfast.Cli.Output;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object (schema holdfast.v1) instead of text.", Recursive = true };
    public static readonly Option<bool> NoColor = new("--no-color") { Description = "No colours (also: NO_COLOR).", Recursive = true };
    public static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be done and change nothing.", Recursive = true };
    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask.", Recursive = true };
    public static readonly Option<string> Provider = new("--provider") { Description = "The store: 'local', NAME for the server in HOLDFAST_PROVIDER_<NAME>, or 'all' for all of them.", HelpName = "NAME", Recursive = true };
    public static readonly Option<FileInfo> UrlFile = new("--url-file") { Description = "Read the server's URL from this file.", HelpName = "FILE", Recursive = true };
    public static readonly Option<string> Tenant = new("--tenant") { Description = "Whose data (default: 'default').", HelpName = "ID", Recursive = true };

    public static IEnumerable<Option> All => [Json, NoColor, DryRun, Yes, Provider, UrlFile, Tenant];
}

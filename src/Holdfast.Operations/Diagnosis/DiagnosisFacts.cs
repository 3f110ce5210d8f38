using Holdfast.Providers.Control;
using Holdfast.Providers.Probing;
using Npgsql;

namespace Holdfast.Operations.Diagnosis;

/// <summary>All that a diagnosis is made from, so that making it needs nothing but this.</summary>
/// <param name="Now">When it was gathered.</param>
/// <param name="Failover">How the providers act as one.</param>
/// <param name="Providers">What each provider said.</param>
/// <param name="Local">The local file.</param>
/// <param name="Control">What the operator has decided; null: the file is damaged.</param>
/// <param name="ControlError">How it is damaged.</param>
/// <param name="ControlPath">Where it is.</param>
/// <param name="Processes">The processes of this machine that have the memory open.</param>
/// <param name="ConfigurationWarnings">What the configuration should be looked at for.</param>
/// <param name="ConfigurationErrors">Why it cannot be used.</param>
internal sealed record DiagnosisFacts(
    DateTimeOffset Now, FailoverOptions Failover, IReadOnlyList<ProviderFacts> Providers, LocalFacts Local, ControlState? Control, string? ControlError, string ControlPath,
    IReadOnlyList<ProcessState> Processes, IReadOnlyList<string> ConfigurationWarnings, IReadOnlyList<string> ConfigurationErrors)
{
    public IEnumerable<ProviderFacts> Healthy => Providers.Where(provider => provider.Report.IsHealthy);
}

/// <summary>A provider as it answered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Host">Its host, for the comparison with the others.</param>
/// <param name="Port">Its port.</param>
/// <param name="Database">Its database.</param>
/// <param name="SslMode">How its certificate is checked.</param>
/// <param name="IsThisMachine">It is reached without a network.</param>
/// <param name="Report">Its ladder.</param>
/// <param name="HasRelay">The relay has a connection of its own.</param>
/// <param name="Relay">Whether that can be used.</param>
internal sealed record ProviderFacts(string Name, string Host, int Port, string? Database, SslMode SslMode, bool IsThisMachine, ProbeReport Report, bool HasRelay = false, RelayTrial? Relay = null)
{
    /// <summary>Nothing came back at all: neither a name, nor a connection.</summary>
    public bool IsCutOff => Report.FailedStep?.Step is ProbeStep.Dns or ProbeStep.Tcp;

    /// <summary>It answers queries, whether or not it takes rows.</summary>
    public bool Answers => Report.Steps.Any(step => step is { Step: ProbeStep.Read, State: ProbeState.Passed });
}

/// <summary>The local file and its disk.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Exists">False: nothing was written yet.</param>
/// <param name="Bytes">What of it is in use; null: unknown.</param>
/// <param name="Waiting">Rows that too few providers hold; null: unknown.</param>
/// <param name="OldestWaiting">Since when the oldest of them waits.</param>
/// <param name="FreeBytes">What its disk has left; null: unknown.</param>
/// <param name="Error">Why it cannot be read.</param>
internal sealed record LocalFacts(string Path, bool Exists, long? Bytes, long? Waiting, DateTimeOffset? OldestWaiting, long? FreeBytes, string? Error = null);

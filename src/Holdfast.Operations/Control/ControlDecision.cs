using Holdfast.Providers.Control;

namespace Holdfast.Operations.Control;

/// <summary>Makes the next state of an operator's decisions out of the last one; refuses names that are not configured, and what would leave no provider.</summary>
/// <param name="providers">The configured names in their order.</param>
/// <param name="time">The clock.</param>
/// <param name="by">Who decides: user and machine.</param>
internal sealed class ControlDecision(IReadOnlyList<string> providers, TimeProvider time, string by)
{
    /// <summary>The user and the machine of this process.</summary>
    public static string Operator => $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>That provider leads as soon as it takes writes and has all rows; null: the order decides again.</summary>
    /// <exception cref="ControlRefusedException">It is drained.</exception>
    public ControlState Use(ControlState last, string? name)
    {
        Check(name);
        return name is not null && last.Drained.Contains(name)
            ? throw new ControlRefusedException($"'{name}' is drained and would not be used.", $"holdfast provider enable {name}")
            : Next(last) with { Use = name };
    }

    /// <summary>That provider is not used until it is enabled.</summary>
    /// <param name="last">What was decided before.</param>
    /// <param name="name">The provider.</param>
    /// <param name="evenTheLast">True: also when no other is left, so that the local file takes all writes alone.</param>
    /// <exception cref="ControlRefusedException">It is the last one.</exception>
    public ControlState Drain(ControlState last, string name, bool evenTheLast)
    {
        Check(name);
        return !evenTheLast && providers.All(provider => provider == name || last.Drained.Contains(provider))
            ? throw new ControlRefusedException($"'{name}' is the last provider that is not drained: the local file would take all writes alone.", $"holdfast provider drain {name} --yes")
            : Next(last) with { Drained = [.. last.Drained.Where(known => known != name).Append(name)], Use = last.Use == name ? null : last.Use };
    }

    /// <summary>That provider is used again.</summary>
    public ControlState Enable(ControlState last, string name)
    {
        Check(name);
        return Next(last) with { Drained = [.. last.Drained.Where(known => known != name)] };
    }

    /// <summary>Stops or resumes all writes of all processes. Freezing what is frozen keeps its beginning.</summary>
    public ControlState Freeze(ControlState last, bool frozen)
    {
        var next = Next(last);
        return next with { FrozenSince = frozen ? last.FrozenSince ?? next.ChangedAt : null };
    }

    // A machine whose clock is behind decides later all the same: the newest decision counts.
    private ControlState Next(ControlState last)
    {
        var now = time.GetUtcNow();
        return last with { ChangedAt = now > last.ChangedAt ? now : last.ChangedAt.AddMilliseconds(1), ChangedBy = by };
    }

    private void Check(string? name)
    {
        if (name is not null && !providers.Contains(name))
            throw new ControlRefusedException($"There is no provider '{name}'; there is: {(providers.Count == 0 ? "none but the local file" : string.Join(", ", providers))}.", "holdfast config check", unknown: true);
    }
}

/// <summary>A decision that was refused before anything was changed.</summary>
internal sealed class ControlRefusedException(string message, string suggestion, bool unknown = false) : HoldfastException(message)
{
    /// <summary>The next command to run.</summary>
    public string Suggestion => suggestion;

    /// <summary>True when it names a provider that is not configured.</summary>
    public bool IsUnknownProvider => unknown;
}

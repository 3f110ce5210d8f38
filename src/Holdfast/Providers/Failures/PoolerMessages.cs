namespace Holdfast.Providers.Failures;

/// <summary>The texts of all poolers that are known, and how one is found.</summary>
internal static class PoolerMessages
{
    /// <summary>The first text that the message has, or null: then a server itself speaks, or a pooler that nobody has met yet.</summary>
    public static PoolerMessage? Find(string message) =>
        message is ['(', 'E', ..] && message.IndexOf(')', StringComparison.Ordinal) is > 0 and var end
            ? SupavisorMessages.Find(message[1..end], message)
            : NeonMessages.All.Concat(PgBouncerMessages.All).Concat(SupavisorMessages.WithoutCode)
                .FirstOrDefault(known => message.Contains(known.Text, StringComparison.OrdinalIgnoreCase));
}

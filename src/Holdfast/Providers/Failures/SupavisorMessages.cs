using System.Collections.Frozen;

namespace Holdfast.Providers.Failures;

/// <summary>What Supabase's pooler says: <c>(CODE) text</c> as XX000, and its older forms without a code.</summary>
internal static class SupavisorMessages
{
    private static readonly FrozenDictionary<string, PoolerMessage> Codes = new PoolerMessage[]
    {
        // Paused, deleted, or a mistyped user: it does not tell them apart. The most frequent is a project that was paused for being idle.
        new("ENOTFOUND", FailureCause.Paused),
        new("EBANNED", FailureCause.Paused),
        new("EWRONGPASSWORD", FailureCause.Authentication),
        new("EJITUNAUTHORIZED", FailureCause.Authentication),
        new("EADDRNOTALLOWED", FailureCause.Authentication),
        new("EAUTHPROTOCOL", FailureCause.Authentication),
        new("EAUTHQUERY", FailureCause.Down),
        new("EAUTHSECRETS", FailureCause.Down),
        new("EAUTHTIMEOUT", FailureCause.Down),
        new("EJITREQUESTFAILED", FailureCause.Down),
        new("EMAXCONN", FailureCause.Saturated),
        new("EMAXCONNSESSION", FailureCause.Saturated),
        new("EMAXPOOLSREACHED", FailureCause.Saturated),
        new("ECHECKOUTTIMEOUT", FailureCause.Saturated),
        new("ECHECKOUTRETRIES", FailureCause.Saturated),
        new("EPOOLCHECKOUT", FailureCause.Saturated),
        new("ECHECKOUTFAILED", FailureCause.Down),
        new("EDBHANDLEREXITED", FailureCause.Down, Forwarded: true),
        new("ECLIENTSOCKETCLOSED", FailureCause.Down, Forwarded: true),
        new("EPOOLTERMINATING", FailureCause.Starting, Forwarded: true),
        new("ESUBSCRIBERETRIES", FailureCause.Starting),
        new("EWORKERNOTFOUND", FailureCause.Starting),
        new("EPOOLCONFIGNOTFOUND", FailureCause.Starting),
        new("EPOOLRANCHNOTFOUND", FailureCause.Starting),
        new("EPROXYSTARTFAILED", FailureCause.Down),
        new("EPROXYSUPERVISORUNAVAILABLE", FailureCause.Down),
        new("ESSLREQUIRED", FailureCause.Tls),
        new("ESSLHANDSHAKE", FailureCause.Tls),
        new("ENOIDENTIFIER", FailureCause.Configuration),
        new("EINVALIDUSERINFO", FailureCause.Configuration),
        new("EMULTIPLEUSERS", FailureCause.Configuration),
        new("ESTARTUPMESSAGE", FailureCause.Configuration),
        new("ESTARTUPPACKETTOOLARGE", FailureCause.Configuration),
        new("EPSSIMPLEQUERY", FailureCause.Configuration),
        new("EMAXPREPARED", FailureCause.Configuration),
        new("EMAXPREPAREDMEM", FailureCause.Configuration),
        new("EPREPAREDDUP", FailureCause.Configuration),
        new("EPREPAREDNOTFOUND", FailureCause.Configuration),
    }.ToFrozenDictionary(known => known.Text, StringComparer.OrdinalIgnoreCase);

    public static readonly PoolerMessage[] WithoutCode =
    [
        new("Tenant or user not found", FailureCause.Paused),
        new("MaxClientsInSessionMode", FailureCause.Saturated),
        new("max clients reached", FailureCause.Saturated),
        new("max client connections reached", FailureCause.Saturated),
        new("unable to check out process from the pool", FailureCause.Saturated),
        new("unable to check out connection from the pool", FailureCause.Saturated),
        new("DbHandler exited", FailureCause.Down, Forwarded: true),
        new("connection to database closed", FailureCause.Down, Forwarded: true),
        new("connection to database not available", FailureCause.Down),
        new("SSL connection is required", FailureCause.Tls),
    ];

    public static PoolerMessage Find(string code, string message)
    {
        if (code.Equals("ECIRCUITBREAKER", StringComparison.OrdinalIgnoreCase))
            // Open because of our own wrong passwords, or because its database does not answer it.
            return new(code, message.Contains("auth", StringComparison.OrdinalIgnoreCase) ? FailureCause.Authentication : FailureCause.Down);
        return Codes.TryGetValue(code, out var known) ? known : new(code, FailureCause.Down, Forwarded: true);
    }
}

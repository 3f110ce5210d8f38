using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Holdfast.Operations.Access.Tls;

/// <summary>Asks a server over TLS how a role is to authenticate, and goes away: a driver does not say what was offered.</summary>
internal static class AuthenticationOffer
{
    private static readonly byte[] SslRequest = [0, 0, 0, 8, 4, 210, 22, 47];

    // Far above what a list of mechanisms needs.
    private const int AnswerMax = 64 * 1024;

    /// <summary>The SASL mechanisms, or another way in words; null: the server answered something else.</summary>
    public static async Task<string?> ReadAsync(Socket socket, string host, NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(socket, ownsSocket: false);
        await using var _ = stream.ConfigureAwait(false);
        await stream.WriteAsync(SslRequest, cancellationToken).ConfigureAwait(false);
        var answer = new byte[1];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        if (answer[0] != (byte)'S') return null;
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        await using var __ = tls.ConfigureAwait(false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            // No secret is sent, and the certificate is judged elsewhere.
#pragma warning disable CA5359
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        }, cancellationToken).ConfigureAwait(false);
        await tls.WriteAsync(Startup(settings), cancellationToken).ConfigureAwait(false);
        return await ReadAsync(tls, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Startup(NpgsqlConnectionStringBuilder settings)
    {
        var user = settings.Username ?? Environment.UserName;
        var parameters = Encoding.UTF8.GetBytes($"user\0{user}\0database\0{settings.Database ?? user}\0\0");
        var message = new byte[8 + parameters.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        // Protocol 3.0.
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), 3 << 16);
        parameters.CopyTo(message, 8);
        return message;
    }

    private static async Task<string?> ReadAsync(SslStream tls, CancellationToken cancellationToken)
    {
        var head = new byte[9];
        await tls.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 8;
        if (head[0] != (byte)'R' || length is < 0 or > AnswerMax) return null;
        var rest = new byte[length];
        await tls.ReadExactlyAsync(rest, cancellationToken).ConfigureAwait(false);
        return BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) switch
        {
            0 => "nothing (trust, or a certificate)",
            3 => "the password in clear text",
            5 => "an MD5 of the password",
            10 => string.Join(", ", Encoding.ASCII.GetString(rest).Split('\0', StringSplitOptions.RemoveEmptyEntries)),
            var code => FormattableString.Invariant($"authentication of kind {code}"),
        };
    }
}

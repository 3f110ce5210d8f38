using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast;

/// <summary>
/// A text that must not be seen: a password, or a connection that holds one. Whatever prints it (interpolation, a log, JSON, a
/// debugger) shows <c>***</c>; only <see cref="Reveal"/> gives it out.
/// </summary>
/// <remarks>A string becomes a secret by itself, so that connections are set as they are written; never the other way round.</remarks>
[DebuggerDisplay(Hidden)]
[TypeConverter(typeof(SecretConverter))]
[JsonConverter(typeof(SecretJsonConverter))]
public sealed class Secret : IEquatable<Secret>
{
    /// <summary>What is shown instead.</summary>
    public const string Hidden = "***";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _text;

    /// <param name="text">The text to be kept.</param>
    public Secret(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>True where there is nothing to hide.</summary>
    [JsonIgnore]
    public bool IsEmpty => _text.Length == 0;

    /// <summary>The text itself. Who calls this answers for what becomes of it; a test lists the callers.</summary>
    public string Reveal() => _text;

    /// <summary>A secret with something behind it: an option behind a connection string.</summary>
    /// <param name="text">What follows.</param>
    public Secret Append(string text) => new(_text + text);

    /// <summary>Makes a secret of a text.</summary>
    /// <param name="text">The text; null stays null.</param>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    public static implicit operator Secret?(string? text) => text is null ? null : new Secret(text);

    /// <summary>Makes a secret of a text.</summary>
    /// <param name="text">The text; null stays null.</param>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    public static Secret? FromString(string? text) => text;

    /// <summary>A secret with something behind it; what <c>+=</c> would otherwise make of <c>***</c>.</summary>
    public static Secret operator +(Secret secret, string text)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Append(text);
    }

    /// <summary>The same as <see cref="Append"/>.</summary>
    public static Secret Add(Secret secret, string text) => secret + text;

    /// <summary>Equal texts; the time tells nothing of them.</summary>
    public static bool operator ==(Secret? left, Secret? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Different texts.</summary>
    public static bool operator !=(Secret? left, Secret? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Secret? other) => other is not null && CryptographicOperations.FixedTimeEquals(Hash(), other.Hash());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(_text, StringComparison.Ordinal);

    /// <summary><c>***</c>.</summary>
    public override string ToString() => Hidden;

    // Of one length, whatever the texts': the comparison does not tell even that.
    private byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(_text));
}

/// <summary>Lets a configuration binder set a secret from its text; back there is only <c>***</c>.</summary>
internal sealed class SecretConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => value is string text ? new Secret(text) : base.ConvertFrom(context, culture, value);
}

/// <summary>Reads a secret from JSON; writes <c>***</c>.</summary>
internal sealed class SecretJsonConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue(Secret.Hidden);
}

namespace Holdfast.Rows;

/// <summary>
/// How large a value may be, the same on every engine. An index entry of PostgreSQL holds at most 2,704 bytes, so the parts of
/// an indexed key must stay well below that together.
/// </summary>
internal static class Limits
{
    public const int TenantBytesMax = 128;
    public const int IdBytesMax = 512;
    public const int RegisterKeyBytesMax = 1_100;
    public const int TextBytesMax = 8 * 1024;
    public const int JsonBytesMax = 16 * 1024 * 1024;
    public const int JsonDepthMax = 64;

    public static int Of(string column) => column switch
    {
        "tenant_id" => TenantBytesMax,
        "user_id" or "session_id" or "key" or "from_agent" or "to_agent" or "reader" => IdBytesMax,
        "target_key" => RegisterKeyBytesMax,
        _ => TextBytesMax,
    };
}

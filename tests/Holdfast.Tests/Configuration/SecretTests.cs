using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class SecretTests : IDisposable
{
    private const string Planted = "pl4nted";

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Places => new()
    {
        { "HOLDFAST_PROVIDER_A", $"postgres://u:{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:x@{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:x/{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:5/{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:x?{Planted}=1@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:x?{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u:%{Planted}@h/m" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u@h/m?password={Planted}&sslpassword={Planted}&sslkey=/{Planted}&options=-c%20a.b%3D{Planted}&passfile=/{Planted}" },
        { "HOLDFAST_PROVIDER_A", $"postgres://u@h:{Planted}/m" },
        { "HOLDFAST_PROVIDER_A", $"Host=h;Username=u;Password={Planted};SSL Password={Planted};Options=-c a.b={Planted}" },
        { "HOLDFAST_PROVIDER_A", $"Host=h;Password=x;{Planted}=1" },
        { "HOLDFAST_PROVIDER_A", $"Host=h;Password='{Planted}" },
        { "HOLDFAST_PROVIDER_A", Planted },
        { "HOLDFAST_PROVIDER_A_CONTROL", $"postgres://u:{Planted}@h:x/m" },
        { "HOLDFAST_PROVIDER_A_POOL_SIZE_MAX", $"postgres://u:{Planted}@h/m" },
        { "NEON_DB_URL", $"postgres://u:{Planted}@ep-a.neon.tech/m" },
        { "RAILWAY_DB_URL", $"mysql://u:{Planted}@h/m" },
        { "SUPABASE_DB_PASSWORD", Planted },
        { "HOLDFAST_PASWORD", Planted },
        { "DATABASE_PROVIDER", $"postgres://u:{Planted}@h/m" },
        { "DATABASE_FAILOVER_ORDER", $"neon,postgres://u:{Planted}@h/m" },
        { "HOLDFAST_FAILOVER_CALL_TIMEOUT", $"postgres://u:{Planted}@h/m" },
        { "HOLDFAST_FAILOVER_ROUTING", $"postgres://u:{Planted}@h/m" },
        { "HOLDFAST_SCHEMA", $"postgres://u:{Planted}@h/m" },
        { "HOLDFAST_TENANT", $"postgres://u:{Planted}@h/m" },
        { "LOCAL_DB_PATH", $"postgres://u:{Planted}@h/m" },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void a_secret_never_comes_out_wherever_it_was_put(string name, string value)
    {
        Scan(new() { [name] = value, ["SUPABASE_DB_HOST"] = "db.x.supabase.co" });
        _folder.Write("project/.env", $"{name}={value}\n{name}={value}\n{value}\n");
        Scan([]);
        File.Delete(Path.Combine(_folder.Project, ".env"));
        _folder.Write("project/holdfast.json", $$"""{ "Providers": { "a": "{{value}}" }, "Schema": "postgres://u:{{value}}@h", "Failover": { "CallTimeout": "{{value}}" } }""");
        Scan([]);
    }

    private void Scan(Dictionary<string, string> environment)
    {
        var read = _folder.Read(environment);
        var shown = string.Join('\n', read.Settings.Select(setting => setting.ToString()).Concat(read.Warnings).Concat(read.Errors));
        Assert.NotEmpty(shown);
        Assert.DoesNotContain(Planted, shown, StringComparison.OrdinalIgnoreCase);
        if (read.Errors.Count > 0) Assert.DoesNotContain(Planted, Assert.Throws<InvalidInputException>(read.Require).ToString(), StringComparison.OrdinalIgnoreCase);
    }
}

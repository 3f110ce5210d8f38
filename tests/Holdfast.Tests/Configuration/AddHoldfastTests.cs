using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class AddHoldfastTests
{
    private static ServiceProvider Services(Dictionary<string, string?> values, Action<HoldfastOptions>? configure = null) => new ServiceCollection()
        .AddHoldfast(new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("Holdfast"), configure).BuildServiceProvider();

    private static HoldfastOptions Options(Dictionary<string, string?> values, Action<HoldfastOptions>? configure = null)
    {
        using var services = Services(values, configure);
        return services.GetRequiredService<IOptions<HoldfastOptions>>().Value;
    }

    [Fact]
    public void a_section_with_an_array_keeps_its_order()
    {
        var options = Options(new()
        {
            ["Holdfast:Providers:0:Name"] = "neon", ["Holdfast:Providers:0:Connection"] = "postgres://n/m", ["Holdfast:Providers:0:CommandTimeout"] = "4s",
            ["Holdfast:Providers:1:Name"] = "azure", ["Holdfast:Providers:1:Connection"] = "postgres://a/m", ["Holdfast:Providers:1:ControlConnection"] = "postgres://c/m",
            ["Holdfast:Failover:HedgeDelayMax"] = "00:00:00.2", ["Holdfast:Home"] = "/h", ["Holdfast:TenantId"] = "t", ["Holdfast:Schema"] = "s",
        }, options => options.TenantId += "2");
        Assert.Equal(("neon", TimeSpan.FromSeconds(4), "azure", "postgres://c/m"), (options.Providers[0].Name, options.Providers[0].CommandTimeout, options.Providers[1].Name, options.Providers[1].ControlConnection));
        Assert.Equal((TimeSpan.FromMilliseconds(200), "/h", "t2", "s"), (options.Failover.HedgeDelayMax, options.Home, options.TenantId, options.Schema));
    }

    [Fact]
    public void a_section_with_a_map_takes_the_names_as_keys()
    {
        var options = Options(new() { ["Holdfast:Providers:zeta"] = "postgres://z/m", ["Holdfast:Providers:alpha:Connection"] = "postgres://a/m", ["Holdfast:Failover:Order:0"] = "zeta" });
        Assert.Equal(["zeta", "alpha"], options.Providers.Select(provider => provider.Name));
    }

    [Fact]
    public void one_connection_is_one_store() => Assert.Equal("postgres://u:p@h/m", Options(new() { ["Holdfast:Connection"] = "postgres://u:p@h/m" }).Connection);

    [Theory]
    [InlineData("Holdfast:Tenent", "x")]
    [InlineData("Holdfast:Failover:CallTimout", "5s")]
    [InlineData("Holdfast:Failover:CallTimeout", "pl4nted")]
    [InlineData("Holdfast:Failover:HedgeShareMax", "2")]
    [InlineData("Holdfast:Providers:local", "postgres://h/m")]
    [InlineData("Holdfast:Providers:a", "postgres://u:pl4nted@h:x/m")]
    [InlineData("Holdfast:Connection", "postgres://u:pl4nted@h:x/m")]
    public void a_section_that_cannot_be_used_stops_the_host_at_its_start(string key, string value)
    {
        using var services = Services(new() { [key] = value });
        var error = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.True(error is InvalidInputException or OptionsValidationException, error.ToString());
        Assert.DoesNotContain("pl4nted", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void options_that_contradict_each_other_are_refused()
    {
        static HoldfastOptions Of(Action<HoldfastOptions> change) { var options = new HoldfastOptions(); change(options); return options; }
        static ProviderOptions Named(string name) => new() { Name = name, Connection = "postgres://h/m" };
        Of(options => options.Providers.Add(Named("a"))).Validate();
        Assert.All(
        [
            Of(options => { options.Providers.Add(Named("a")); options.Providers.Add(Named("a")); }),
            Of(options => { options.Providers.Add(Named("a")); options.Connection = "postgres://h/m"; }),
            Of(options => options.Providers.Add(Named("A"))), Of(options => options.Providers.Add(Named("local"))), Of(options => options.Providers.Add(Named(""))),
            Of(options => options.Providers.Add(new() { Name = "a" })), Of(options => options.Failover.HedgeDelayMin = TimeSpan.FromSeconds(1)),
            Of(options => options.Failover.HedgeShareMax = double.NaN), Of(options => options.Failover.AttemptTimeout = TimeSpan.FromMinutes(1)),
            Of(options => options.Failover.ProbeInterval = TimeSpan.FromHours(1)), Of(options => options.Failover.SpoolBytesMax = 0), Of(options => options.Failover.WriteConcern = (WriteConcern)9),
        ], options => Assert.Throws<InvalidInputException>(options.Validate));
    }
}

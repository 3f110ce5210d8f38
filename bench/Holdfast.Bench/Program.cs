using Holdfast.Bench;
using Holdfast.Bench.Failover;
using Holdfast.Bench.Measures;

if (BenchOptions.Parse(args) is not { } options) return 2;
if (options.ImportChild) return await ImportChild.RunAsync(options.Direct!);

var context = await BenchContext.OpenAsync(options);
var report = new Report(context);
foreach (var measure in (IMeasure[])[new OneWriter(pooled: false), new OneWriter(pooled: true), new ManyWriters(), new Crowd(), new LoadSession(), new HealthySet(), new LocalFile(), new HelpStart(), new Import(), new LargeTable(),
    new FailoverGap(FailoverFault.Kill), new FailoverGap(FailoverFault.Freeze), new FailoverGap(FailoverFault.Blackhole), new FailoverGap(FailoverFault.AllDown),
    new RelayLag(), new RelayCatchUp(), new RelayBeside(), new RelaySteady(), new RelayVerify(),
    new ConstraintChange(), new MigrationStall(), new Drift(), new SchemaChecks(), new RowSecurityCost()])
{
    if (!options.Wants(measure.Name)) continue;
    Console.Error.WriteLine($"{measure.Name} ...");
    foreach (var result in await measure.RunAsync(context))
    {
        report.Add(result);
        Console.Error.WriteLine($"  {result.Line}");
    }
    // After each, so that a long run that is stopped leaves what it has.
    await report.WriteAsync();
}
return 0;

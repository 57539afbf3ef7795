using System.CommandLine;
using OmniScale.Bench.Load;

var clusters = new Option<int>("--clusters") { Description = "How many TalosClusters, of three machine sets with two machines each", DefaultValueFactory = _ => 1000 };
var samples = new Option<int>("--samples") { Description = "How many changes in Omni are followed to the status, idle and under load each", DefaultValueFactory = _ => 400 };
var readLag = new Option<int>("--read-lag-ms") { Description = "How far the reads and validators of Omni are behind its writes", DefaultValueFactory = _ => 20 };
var kubeconfig = new Option<string>("--kubeconfig") { Description = "The control plane, as its administrator", Required = true };
var operatorKubeconfig = new Option<string>("--operator-kubeconfig") { Description = "The control plane, as the operator", Required = true };
var program = new Option<string>("--operator") { Description = "The operator's program", Required = true };
var folder = new Option<string>("--folder") { Description = "Where logs and plans are written", Required = true };
var root = new RootCommand("Measures the operator under load") { clusters, samples, readLag, kubeconfig, operatorKubeconfig, program, folder };
root.SetAction(async (result, ct) =>
{
    var report = new Report();
    await using var run = new LoadRun(new LoadOptions
    {
        Clusters = result.GetValue(clusters),
        Samples = result.GetValue(samples),
        ReadLag = TimeSpan.FromMilliseconds(result.GetValue(readLag)),
        Kubeconfig = result.GetValue(kubeconfig)!,
        OperatorKubeconfig = result.GetValue(operatorKubeconfig)!,
        Program = result.GetValue(program)!,
        Folder = result.GetValue(folder)!,
    }, report, ct);
    await run.RunAsync();
    report.Print(result.GetValue(clusters));
    return 0;
});

var plan = new Argument<string>("plan");
var bare = new Command("bare", "The bare client, which the measurement starts") { plan };
bare.Hidden = true;
bare.SetAction((result, ct) => BareClient.RunAsync(result.GetValue(plan)!, ct));
root.Subcommands.Add(bare);
return await root.Parse(args).InvokeAsync();

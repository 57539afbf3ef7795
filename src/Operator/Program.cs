using OmniScale.Operator;
using OmniScale.Operator.Hosting;

return await CommandLine.Create(OperatorHost.RunAsync).Parse(args).InvokeAsync();

using OmniScale.Operator;
using OmniScale.Operator.Hosting;

// Building a certificate chain looks for stores in the home directory, and fails where there is none: a container's user may have no
// entry in its system's list of users. Nothing is written there.
if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
{
    Environment.SetEnvironmentVariable("HOME", "/");
}

// The host hears of signals, and knows how long a graceful stop may take. The command line's own handling would end the process after two seconds.
return await CommandLine.Create(OperatorHost.RunAsync).Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });

using System.CommandLine;
using OmniScale.Lab.Commands;

return await LabProgram.Create().Parse(args).InvokeAsync(new InvocationConfiguration
{
    // Time to close the connections after SIGINT or SIGTERM.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
});

using Microsoft.AspNetCore.Http;

namespace OmniScale.TestKit.Faults;

/// <summary>A request that a fault has hit.</summary>
internal sealed class Exchange(HttpContext context, ActiveFault fault, Action reset)
{
    public HttpContext Context => context;

    public ActiveFault Hit => fault;

    /// <summary>Whether the answer was cut, so that its end is not the server's.</summary>
    public bool WasCut { get; set; }

    public void Reset() => reset();

    /// <summary>Waits until the fault is cleared or the client gives up.</summary>
    public Task HoldAsync() => fault.Cleared.WaitAsync(context.RequestAborted);
}

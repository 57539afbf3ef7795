using System.Text.Json.Nodes;

namespace OmniScale.Lab.Proxmox;

/// <summary>A request that the API refuses. The message's first line is the reason phrase.</summary>
internal sealed class ApiError(int status, string message, JsonObject? errors = null) : Exception(message)
{
    public int Status => status;

    public JsonObject? Errors => errors;

    /// <summary>The node that would have to answer cannot be reached: the proxying node passes the cause on, without a body.</summary>
    public bool WithoutBody => status >= 595;
}

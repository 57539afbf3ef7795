using OmniScale.Core;
using OmniScale.Omni;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Controllers;

/// <summary>Deletion and letting go, for every type of resource.</summary>
internal static class OmniDeletion
{
    /// <summary>An orphaning may not wait for Omni: what is not marked by then stays as it is.</summary>
    private static readonly TimeSpan OrphaningLimit = TimeSpan.FromSeconds(10);

    /// <summary>Marks a resource for deletion, or removes it when nothing holds it any more. Being gone already is success.</summary>
    public static async Task StepAsync(IOmniState omni, OmniResource resource, CancellationToken ct)
    {
        try
        {
            var ready = resource.IsTearingDown ? resource.Metadata.Finalizers.Count == 0 : await omni.TeardownAsync(resource.Type, resource.Id, ct);
            if (ready)
            {
                await omni.DestroyAsync(resource.Type, resource.Id, ct);
            }
        }
        catch (OmniException e) when (e.Kind is OmniError.NotFound or OmniError.HasFinalizers)
        {
            // Gone, or a controller took hold of it meanwhile: the watch tells, and the next pass goes on.
        }
    }

    /// <summary>Takes the owner's marks off, in one bounded attempt.</summary>
    /// <returns>Null when all were let go of; else what stood in the way.</returns>
    public static async Task<string?> ReleaseAsync(IOmniState omni, IEnumerable<OmniResource> resources, TimeProvider time, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(OrphaningLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            foreach (var resource in resources)
            {
                await omni.UpdateAsync(ResourceDiff.Release(resource, time.GetUtcNow()), either.Token);
            }

            return null;
        }
        catch (OmniException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return "Omni did not answer in time";
        }
    }
}

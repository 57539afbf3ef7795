using Google.Protobuf;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Management;

namespace OmniScale.Lab.Omni.Faults;

/// <summary>What a request is about.</summary>
internal static class RequestSubject
{
    public static (string? Type, string? Id) Of(IMessage request) => request switch
    {
        GetRequest get => (get.Type, get.Id),
        ListRequest list => (list.Type, null),
        WatchRequest watch => (watch.Type, watch.HasId ? watch.Id : null),
        CreateRequest create => (create.Resource?.Metadata?.Type, create.Resource?.Metadata?.Id),
        UpdateRequest update => (update.NewResource?.Metadata?.Type, update.NewResource?.Metadata?.Id),
        DestroyRequest destroy => (destroy.Type, destroy.Id),
        TeardownRequest teardown => (teardown.Type, teardown.Id),
        TeardownAndDestroyRequest teardown => (teardown.Type, teardown.Id),
        CreateServiceAccountRequest create => (null, create.Name),
        RenewServiceAccountRequest renew => (null, renew.Name),
        DestroyServiceAccountRequest destroy => (null, destroy.Name),
        _ => (null, null),
    };
}

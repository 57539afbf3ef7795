using Google.Protobuf;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>What the server's controllers work with. They read the table itself, and own what they make.</summary>
internal sealed class ControllerContext(OmniStore store, OmniVersion version, World world, Delays delays, Random random)
{
    private const string RandomCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";

    public OmniVersion Version { get; } = version;

    public AccountsView Accounts { get; } = new(store);

    public World World { get; } = world;

    public Delays Delays { get; } = delays;

    public DateTimeOffset Now => store.Time.GetUtcNow();

    public IReadOnlyList<StoredResource> List(string type) => store.Table.List(KnownTypes.NamespaceOf(type), type);

    /// <summary>The resources of a type that carry a label with a value.</summary>
    public IReadOnlyList<StoredResource> With(string type, string label, string value) => store.Table.With(KnownTypes.NamespaceOf(type), type, label, value);

    public StoredResource? Find(string type, string id) => store.Table.Find(Key(type, id));

    /// <summary>Creates a resource, or brings it in line: a field that the action does not set keeps what it has.</summary>
    public void Ensure<TSpec>(string type, string id, string owner, Action<TSpec> fill, IEnumerable<KeyValuePair<string, string>>? labels = null)
        where TSpec : class, IMessage<TSpec>, new()
    {
        var wanted = labels?.ToList();
        if (Find(type, id) is null)
        {
            var spec = new TSpec();
            fill(spec);
            Create(type, id, owner, spec.ToByteString(), wanted ?? []);
            return;
        }

        store.Table.Modify(Key(type, id), (metadata, spec) =>
        {
            fill((TSpec)spec!);
            if (wanted is not null && !SameLabels(metadata, wanted))
            {
                metadata.Labels.Clear();
                wanted.ForEach(label => metadata.Labels[label.Key] = label.Value);
            }
        });
    }

    /// <summary>The same for a type whose spec the lab does not decode.</summary>
    public void EnsureOpaque(string type, string id, string owner, ByteString spec, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var wanted = labels.ToList();
        if (Find(type, id) is not { } current)
        {
            Create(type, id, owner, spec, wanted);
        }
        else if (!SameLabels(current.Metadata, wanted))
        {
            store.Table.Modify(Key(type, id), (metadata, _) =>
            {
                metadata.Labels.Clear();
                wanted.ForEach(label => metadata.Labels[label.Key] = label.Value);
            });
        }
    }

    public void AddFinalizer(StoredResource resource, string finalizer)
    {
        if (!resource.Metadata.Finalizers.Contains(finalizer))
            store.Table.Modify(resource.Key, (metadata, _) => metadata.Finalizers.Add(finalizer));
    }

    public void RemoveFinalizer(StoredResource resource, string finalizer)
    {
        if (resource.Metadata.Finalizers.Contains(finalizer))
            store.Table.Modify(resource.Key, (metadata, _) => metadata.Finalizers.Remove(finalizer));
    }

    public void ClearFinalizers(StoredResource resource) => store.Table.Modify(resource.Key, (metadata, _) => metadata.Finalizers.Clear());

    public void TearDown(StoredResource resource) => store.Table.Modify(resource.Key, (metadata, _) => metadata.Phase = Phases.TearingDown);

    /// <summary>Marks a resource, and removes it as soon as nothing holds it. True when it is gone.</summary>
    public bool TearDownAndDestroy(StoredResource resource)
    {
        if (!resource.IsTearingDown)
            TearDown(resource);
        if (store.Table.Find(resource.Key) is { Metadata.Finalizers.Count: > 0 })
            return false;
        store.Table.Remove(resource.Key);
        return true;
    }

    public void Remove(string type, string id) => store.Table.Remove(Key(type, id));

    public string RandomText(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => RandomCharacters[random.Next(RandomCharacters.Length)]));

    public string RandomUuid()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    /// <summary>The labels by which what belongs to a machine set is found: its cluster, itself and its role.</summary>
    public static List<KeyValuePair<string, string>> SetLabels(StoredResource set) =>
    [
        new(OmniLabels.Cluster, set.Label(OmniLabels.Cluster)!),
        new(OmniLabels.MachineSet, set.Id),
        new(IsControlPlane(set) ? OmniLabels.RoleControlPlane : OmniLabels.RoleWorker, ""),
    ];

    public static bool IsControlPlane(StoredResource resource) => resource.HasLabel(OmniLabels.RoleControlPlane);

    private static ResourceKey Key(string type, string id) => new(KnownTypes.NamespaceOf(type), type, id);

    private static bool SameLabels(Metadata metadata, List<KeyValuePair<string, string>> wanted) =>
        metadata.Labels.Count == wanted.Count &&
        wanted.TrueForAll(label => metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    private void Create(string type, string id, string owner, ByteString spec, List<KeyValuePair<string, string>> labels)
    {
        var metadata = new Metadata
        {
            Namespace = KnownTypes.NamespaceOf(type),
            Type = type,
            Id = id,
            Version = "undefined",
            Phase = Phases.Running,
        };
        labels.ForEach(label => metadata.Labels[label.Key] = label.Value);
        store.Table.Create(metadata, spec, owner);
    }

    /// <summary>The one thing a controller does with accounts.</summary>
    internal sealed class AccountsView(OmniStore store)
    {
        public void RemoveOfProvider(string providerId)
        {
            var name = $"infra-provider:{providerId}";
            if (store.Accounts.List().Any(account => account.Name == name))
                store.Accounts.Destroy(name);
        }
    }
}

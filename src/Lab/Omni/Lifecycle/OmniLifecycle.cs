using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>A machine as the lab has it.</summary>
public sealed record LabMachine(string Uuid, string Hostname, string Cluster, string MachineSet, string Stage, bool Ready, MachineTrouble? Trouble);

/// <summary>The server's controllers, the infra providers and the machines.</summary>
public sealed class OmniLifecycle : IAsyncDisposable
{
    private readonly OmniStore store;
    private readonly World world;
    private readonly VirtualClock clock;
    private readonly Delays delays;
    private readonly IReadOnlyList<Action> controllers;
    private ControllerLoop? loop;

    internal OmniLifecycle(OmniSimulatorOptions options, OmniStore store)
    {
        this.store = store;
        world = store.World;
        Provision = options.Provision;
        clock = new VirtualClock(store.Time, options.Speed);
        delays = new Delays(clock);
        var context = new ControllerContext(store, options.Version, world, delays, new Random(options.Seed));
        var desired = new DesiredState(context);
        controllers =
        [
            new InfraProviders(context, clock).Reconcile,
            new Provisioner(context, request => Provision?.Invoke(request) ?? ProvisionVerdict.Success).Reconcile,
            new ConnectedMachines(context).Reconcile,
            new MachineSetNodes(context).Reconcile,
            new ClusterMachines(context, desired).Reconcile,
            new MachineRequests(context).Reconcile,
            new Upgrades(context, desired).Reconcile,
            new KubernetesUpgrades(context).Reconcile,
            new MachineSetStatuses(context, desired).Reconcile,
            new ClusterStatuses(context).Reconcile,
            new ClusterTeardown(context).Reconcile,
        ];
        store.Table.Committed += _ => loop?.Wake();
        foreach (var provider in options.Providers)
            ConnectProvider(provider);
    }

    /// <summary>Decides what providers make of machine requests; null lets every one succeed. It may not call the lifecycle.</summary>
    public Func<ProvisionRequest, ProvisionVerdict>? Provision { get; set; }

    /// <summary>How many times faster than life things happen.</summary>
    public double Speed
    {
        get => clock.Speed;
        set => Change(() => clock.Speed = value);
    }

    /// <summary>While true nothing happens inside; the API goes on answering.</summary>
    public bool Paused
    {
        get => clock.Paused;
        set => Change(() => clock.Paused = value);
    }

    /// <summary>Machines that nobody will remove, since their provider was deleted before they were.</summary>
    public IReadOnlyList<string> Leaked
    {
        get
        {
            lock (world.Gate)
                return [.. world.Leaked];
        }
    }

    /// <summary>The provider processes and whether they are connected.</summary>
    public IReadOnlyDictionary<string, bool> Providers
    {
        get
        {
            lock (world.Gate)
                return world.Providers.Values.ToDictionary(provider => provider.Id, provider => provider.Connected);
        }
    }

    /// <summary>Starts, or brings back, the process of an infra provider.</summary>
    /// <param name="register">Whether to make the InfraProvider resource too, as an administrator would before.</param>
    public void ConnectProvider(string id, bool register = true) => Change(() =>
    {
        if (register && store.Get(ResourceTypes.InfraProviders, id) is null)
            store.Put(ResourceTypes.InfraProviders.New(id, new InfraProviderSpec()));
        if (!world.Providers.TryGetValue(id, out var process))
            world.Providers[id] = process = new ProviderProcess(id);
        process.Connected = true;
    });

    /// <summary>Stops the process of an infra provider: no heartbeats, no machines made or removed. False when there is none.</summary>
    public bool DisconnectProvider(string id) => Change(() =>
    {
        if (!world.Providers.TryGetValue(id, out var process))
            return false;
        process.Connected = false;
        return true;
    });

    /// <summary>Lets a provider report an error with its heartbeats; an empty one takes it back. False when there is no such process.</summary>
    public bool SetProviderError(string id, string error) => Change(() =>
    {
        if (!world.Providers.TryGetValue(id, out var process))
            return false;
        process.Error = error;
        return true;
    });

    /// <summary>Adds a machine that no provider made, booted and waiting to be used.</summary>
    public void AddMachine(string uuid, IReadOnlyDictionary<string, string>? labels = null, string talosVersion = "1.13.6") => Change(() =>
        world.Machines[uuid] = new SimMachine(uuid)
        {
            Hostname = $"talos-{uuid[..Math.Min(6, uuid.Length)]}",
            Address = $"10.6.0.{world.Machines.Count + 2}",
            Labels = labels ?? new Dictionary<string, string>(),
            TalosVersion = talosVersion,
            InitialTalosVersion = talosVersion,
        });

    /// <summary>Makes something wrong with a machine, named by its UUID, host name or the beginning of one; null makes it well. Returns its UUID, or null when it is not one machine.</summary>
    public string? Trouble(string machine, MachineTrouble? trouble) => Change(() =>
    {
        var found = world.Machines.Values
            .Where(candidate => candidate.Uuid.StartsWith(machine, StringComparison.Ordinal) || candidate.Hostname.StartsWith(machine, StringComparison.Ordinal))
            .ToList();
        if (found.Count != 1)
            return null;
        found[0].Trouble = trouble;
        return found[0].Uuid;
    });

    /// <summary>The machines there are, members of clusters and free ones.</summary>
    public IReadOnlyList<LabMachine> Machines()
    {
        lock (world.Gate)
        {
            return [.. world.Machines.Values.Select(machine =>
            {
                var member = store.Table.Find(new ResourceKey(KnownTypes.Default, KnownTypes.ClusterMachines, machine.Uuid));
                return new LabMachine(
                    machine.Uuid, machine.Hostname, member?.Label(OmniLabels.Cluster) ?? "", member?.Label(OmniLabels.MachineSet) ?? "",
                    (machine.Trouble?.Stage ?? machine.Stage).ToString(), machine.IsReady, machine.Trouble);
            })];
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    internal void Start() => loop = new ControllerLoop(store, clock, delays, controllers);

    internal async Task StopAsync()
    {
        if (loop is not { } running)
            return;
        loop = null;
        await running.DisposeAsync();
        if (running.Failure is { } failure)
            throw new InvalidOperationException("A controller of the simulator failed.", failure);
    }

    private void Change(Action change) => Change<object?>(() =>
    {
        change();
        return null;
    });

    private T Change<T>(Func<T> change)
    {
        T result;
        lock (world.Gate)
            result = change();
        loop?.Wake();
        return result;
    }
}

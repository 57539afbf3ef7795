using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Tests;

public class OmniWriteGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_WhenTheGuardForbidsThem_DoNotBegin_AndReadsDo()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        var forbidden = true;
        var guard = new OmniWriteGuard(() => _ = forbidden ? throw new OperationCanceledException("not now") : 0, () => { }, TimeSpan.FromSeconds(5));
        await using var connection = new OmniConnection(Clients.Settings(omni, Role.Admin), Clients.Caches, TimeProvider.System, NullLogger<OmniConnection>.Instance, guard);
        var small = Class("small", "a=b");

        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.State.CreateAsync(small, Cancellation));
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.State.UpdateAsync(small, Cancellation));
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.State.TeardownAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.State.DestroyAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.Management.DestroyServiceAccountAsync(new ServiceAccountName("x"), Cancellation));
        Assert.Null(await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation));
        Assert.Equal("Get", Assert.Single(omni.Calls).Method);

        forbidden = false;
        await connection.State.CreateAsync(small, Cancellation);
        Assert.Equal(2, omni.Calls.Count);
    }

    [Fact]
    public async Task Writes_ThatTheGuardForbids_AreNotMeasured()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        var guard = new OmniWriteGuard(() => throw new OperationCanceledException("not now"), () => { }, TimeSpan.FromSeconds(5));
        await using var connection = new OmniConnection(Clients.Settings(omni, Role.Admin), Clients.Caches, TimeProvider.System, NullLogger<OmniConnection>.Instance, guard);
        // A listener hears all of the process: what comes of this test is known by its flow.
        var own = new AsyncLocal<bool> { Value = true };
        var measured = new ConcurrentQueue<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "omniscale_omni_calls_total")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (own.Value)
            {
                measured.Enqueue(string.Join(' ', tags.ToArray().Select(tag => tag.Value)));
            }
        });
        listener.Start();

        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.State.CreateAsync(Class("small", "a=b"), Cancellation));
        await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation);

        Assert.Equal(["Get MachineClasses.omni.sidero.dev NotFound"], measured);
    }

    [Theory]
    [InlineData(OmniTransport.Cleartext)]
    [InlineData(OmniTransport.Tls)]
    public async Task Writes_ThatWereBegunBeforeTheProcessWasStopped_AreNotSentAfterIt(OmniTransport transport)
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { Transport = transport, ReadLag = TimeSpan.Zero, RunLifecycle = false });
        var stopped = false;
        var guard = new OmniWriteGuard(
            () => Volatile.Write(ref stopped, true),
            () => _ = Volatile.Read(ref stopped) ? throw new OperationCanceledException("not now") : 0,
            TimeSpan.FromSeconds(5));
        await using var connection = new OmniConnection(Clients.Settings(omni, Role.Admin), Clients.Caches, TimeProvider.System, NullLogger<OmniConnection>.Instance, guard);
        Assert.Null(await connection.State.GetAsync(ResourceTypes.MachineClasses, "small", Cancellation));

        var failure = await Assert.ThrowsAsync<OmniException>(() => connection.State.CreateAsync(Class("small", "a=b"), Cancellation));

        Assert.Equal((OmniError.Unavailable, $"the connection to {omni.Endpoint.ToString().TrimEnd('/')} was lost: not now"), (failure.Kind, failure.Message));
        Assert.Equal("Get", Assert.Single(omni.Calls).Method);
    }

    [Fact]
    public async Task Writes_WithAGuard_TakeNoLongerThanItSays()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        omni.Faults.Add(new OmniFault { Kind = OmniFaultKind.Stall });
        var guard = new OmniWriteGuard(() => { }, () => { }, TimeSpan.FromMilliseconds(300));
        await using var connection = new OmniConnection(Clients.Settings(omni), Clients.Caches, TimeProvider.System, NullLogger<OmniConnection>.Instance, guard);

        var write = connection.State.CreateAsync(Class("small", "a=b"), Cancellation);

        // Well before the 10 seconds of other calls.
        Assert.Equal(OmniError.DeadlineExceeded, (await Assert.ThrowsAsync<OmniException>(() => write.WaitAsync(TimeSpan.FromSeconds(5), Cancellation))).Kind);
    }

    private static OmniResource<MachineClassSpec> Class(string id, string selector) =>
        ResourceTypes.MachineClasses.New(id, new MachineClassSpec { MatchLabels = { selector } });
}

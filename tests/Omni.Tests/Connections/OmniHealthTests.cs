using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Omni.Api;

namespace OmniScale.Omni.Tests;

public class OmniHealthTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly OmniStore clusters = Cached.Of(ResourceTypes.Clusters).CreateStore();
    private readonly OmniStore machineSets = Cached.Of(ResourceTypes.MachineSets).CreateStore();
    private readonly ConcurrentQueue<OmniHealth> changes = [];
    private readonly OmniHealthTracker health;

    public OmniHealthTests()
    {
        health = new OmniHealthTracker(time);
        health.Changed += changes.Enqueue;
    }

    [Fact]
    public void Health_BeforeAnythingWasTried_IsUnknown() => Assert.Equal(new OmniHealth(null, null, "", time.GetTimestamp()), health.Current);

    [Fact]
    public void Health_WithoutWatches_IsThatOfTheLastCall()
    {
        health.CallSucceeded();
        Assert.True(health.Current.Reachable);
        health.CallFailed(Failure(OmniError.Unavailable, "refused"));
        Assert.Equal((false, OmniError.Unavailable, "refused"), (health.Current.Reachable, health.Current.Kind, health.Current.Message));
        health.CallFailed(Failure(OmniError.ValidationFailed, "no"));
        Assert.True(health.Current.Reachable);
    }

    [Fact]
    public void Health_WhileOneWatchRuns_IsReachable_WhateverOthersDo()
    {
        health.StreamUp(clusters);
        health.StreamUp(machineSets);
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "gone"));
        health.CallFailed(Failure(OmniError.DeadlineExceeded, "slow"));
        Assert.True(health.Current.Reachable);
        health.StreamDown(machineSets, Failure(OmniError.Unavailable, "gone as well"));
        Assert.Equal((false, "gone as well"), (health.Current.Reachable, health.Current.Message));
        health.StreamUp(clusters);
        Assert.True(health.Current.Reachable);
    }

    [Fact]
    public void Health_WhenTheKeyIsRejected_SaysSo_EvenWhileAnOldWatchStillRuns()
    {
        health.StreamUp(clusters);
        health.CallFailed(Failure(OmniError.Unauthenticated, "invalid signature"));
        Assert.Equal((false, OmniError.Unauthenticated), (health.Current.Reachable, health.Current.Kind));
        health.CallSucceeded();
        Assert.True(health.Current.Reachable);
    }

    [Fact]
    public void Health_WhenOneWatchFailsForAMinuteBesideOthers_NamesWhatCannotBeRead_UntilItCan()
    {
        health.StreamUp(clusters);
        health.StreamUp(machineSets);
        health.StreamDown(machineSets, Failure(OmniError.ResourceExhausted, "too much"));
        time.Advance(TimeSpan.FromSeconds(59));
        health.StreamDown(machineSets, Failure(OmniError.PermissionDenied, "not allowed"));
        Assert.True(health.Current.Reachable);

        time.Advance(TimeSpan.FromSeconds(1));
        health.StreamDown(machineSets, Failure(OmniError.PermissionDenied, "not allowed"));
        Assert.Equal(
            (false, OmniError.PermissionDenied, "MachineSets.omni.sidero.dev cannot be read: not allowed"), (health.Current.Reachable, health.Current.Kind, health.Current.Message));

        health.StreamUp(machineSets);
        Assert.True(health.Current.Reachable);
    }

    [Fact]
    public void Health_AfterALongOutage_IsGoodWithTheFirstWatch()
    {
        health.StreamUp(clusters);
        health.StreamUp(machineSets);
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "gone"));
        health.StreamDown(machineSets, Failure(OmniError.Unavailable, "gone"));
        time.Advance(TimeSpan.FromMinutes(5));
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "gone"));

        health.StreamUp(machineSets);
        Assert.True(health.Current.Reachable);
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "gone"));
        Assert.True(health.Current.Reachable);
    }

    [Fact]
    public void Change_IsToldOnTransitionsOnly_AndSinceIsTheirTime()
    {
        health.StreamUp(clusters);
        time.Advance(TimeSpan.FromMinutes(1));
        var wentDown = time.GetTimestamp();
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "reset"));
        time.Advance(TimeSpan.FromMinutes(1));
        health.StreamDown(clusters, Failure(OmniError.Unavailable, "refused"));
        Assert.Equal(("refused", wentDown), (health.Current.Message, health.Current.Since));
        time.Advance(TimeSpan.FromMinutes(1));
        health.StreamDown(clusters, Failure(OmniError.TlsFailed, "expired"));
        Assert.Equal(("expired", wentDown), (health.Current.Message, health.Current.Since));
        health.StreamUp(clusters);

        Assert.Equal([(true, null), (false, OmniError.Unavailable), (false, OmniError.TlsFailed), (true, null)], changes.Select(c => (c.Reachable, c.Kind)));
    }

    private static OmniException Failure(OmniError kind, string message) => new(kind, message, StatusCode.Unknown);
}

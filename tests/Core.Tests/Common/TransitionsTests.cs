using k8s.Models;

namespace OmniScale.Core.Tests.Common;

public class TransitionsTests
{
    [Fact]
    public void Between_EqualStatuses_TellsNothing()
    {
        var status = Conditions("Ready=False ScalingUp", "Reconciling=True ScalingUp", "Synced=True Succeeded");

        Assert.Empty(Transitions.Between(status, Conditions("Ready=False ScalingUp", "Reconciling=True ScalingUp", "Synced=True Succeeded")));
    }

    [Fact]
    public void Between_WhenOnlyAMessageChanged_TellsNothing()
    {
        var before = Conditions("Ready=False ScalingUp: one of three");

        Assert.Empty(Transitions.Between(before, Conditions("Ready=False ScalingUp: two of three")));
    }

    [Fact]
    public void Between_OnTheFirstVisit_WhenAllIsWell_TellsOnce()
    {
        var after = Conditions("Ready=True Succeeded: 3/3", "ConfigurationValid=True Valid", "Synced=True Succeeded", "ControlPlaneReady=True Healthy", "OmniReachable=True Connected");

        Assert.Equal(["Normal Succeeded Ready: 3/3"], Told(null, after));
    }

    [Fact]
    public void Between_WhenAnAnnouncedObjectTurnsOutWell_TellsOnce()
    {
        var before = Conditions("Ready=False Progressing", "Reconciling=True Progressing", "Synced=Unknown Unknown", "OmniReachable=Unknown Unknown");
        var after = Conditions("Ready=True Succeeded: in Omni", "Synced=True Succeeded", "OmniReachable=True Connected");

        Assert.Equal(["Normal Succeeded Ready: in Omni"], Told(before, after));
    }

    [Fact]
    public void Between_WhileAClusterIsBuilt_WarnsOfNothing()
    {
        var announced = Conditions("Ready=False Progressing", "ControlPlaneReady=Unknown Unknown", "Available=Unknown Unknown");
        var building = Conditions("Ready=False ScalingUp: machine a is being built", "Reconciling=True ScalingUp: machine a is being built",
            "ControlPlaneReady=False Unhealthy: no", "Available=False Unhealthy: no");
        var booting = Conditions("Ready=False MachinesNotReady: a (booting)", "ControlPlaneReady=False Unhealthy: no", "Available=False Unhealthy: no");
        var running = Conditions("Ready=True Succeeded: 3/3", "ControlPlaneReady=True Healthy: yes", "Available=True Healthy: answers");

        Assert.Equal(["Normal ScalingUp Ready: machine a is being built"], Told(announced, building));
        Assert.Equal(["Normal MachinesNotReady Ready: a (booting)"], Told(building, booting));
        Assert.Equal(["Normal Healthy ControlPlaneReady: yes", "Normal Healthy Available: answers", "Normal Succeeded Ready: 3/3"], Told(booting, running));
    }

    [Fact]
    public void Between_WhenWhatWasWellIsNotAnyMore_Warns()
    {
        var running = Conditions("Ready=True Succeeded", "ControlPlaneReady=True Healthy", "OmniReachable=True Connected");
        var broken = Conditions("Ready=False Unhealthy: etcd: no leader", "Reconciling=True Unhealthy: etcd: no leader", "ControlPlaneReady=False Unhealthy: etcd", "OmniReachable=True Connected");

        Assert.Equal(["Warning Unhealthy ControlPlaneReady: etcd", "Warning Unhealthy Ready: etcd: no leader"], Told(running, broken));
    }

    [Theory]
    [InlineData("Progressing", false)]
    [InlineData("Pending", false)]
    [InlineData("ScalingUp", false)]
    [InlineData("ScalingDown", false)]
    [InlineData("Upgrading", false)]
    [InlineData("Destroying", false)]
    [InlineData("Deleting", false)]
    [InlineData("Suspended", false)]
    [InlineData("DeletionSuspended", false)]
    [InlineData("InUse", false)]
    [InlineData("MachinesNotReady", true)]
    [InlineData("Unhealthy", true)]
    [InlineData("ProvisioningFailed", true)]
    [InlineData("ProviderDisconnected", true)]
    [InlineData("ConfigurationFailed", true)]
    [InlineData("ClassNotFound", true)]
    [InlineData("ClusterLocked", true)]
    [InlineData("RejectedByOmni", true)]
    [InlineData("InternalError", true)]
    [InlineData("Unreachable", true)]
    public void Between_WhenReadyIsLost_WarnsUnlessWorkIsUnderWay(string reason, bool warning)
    {
        var told = Assert.Single(Transitions.Between(Conditions("Ready=True Succeeded"), Conditions($"Ready=False {reason}: words", $"Reconciling=True {reason}: words")));

        Assert.Equal(new Transition(warning, reason, "Ready: words"), told);
    }

    [Fact]
    public void Between_WhenReadyRepeatsAnotherCondition_TellsTheOther()
    {
        var before = Conditions("Ready=False Progressing", "MachineClassesReady=Unknown Unknown");
        var after = Conditions("Ready=False ClassNotFound: no class x", "Reconciling=True ClassNotFound: no class x", "MachineClassesReady=False ClassNotFound: no class x");

        Assert.Equal(["Warning ClassNotFound MachineClassesReady: no class x"], Told(before, after));
    }

    [Fact]
    public void Between_WhenAnObjectStalls_WarnsOnce()
    {
        var before = Conditions("Ready=False Progressing", "Reconciling=True Progressing");
        var after = Conditions("Ready=False InvalidSpec: twice", "Stalled=True InvalidSpec: twice");

        Assert.Equal(["Warning InvalidSpec Ready: twice"], Told(before, after));
    }

    [Fact]
    public void Between_WhenAKeyIsAboutToExpire_Warns()
    {
        var after = Conditions("Ready=True Succeeded", "OmniReachable=True KeyExpiring: on 2026-12-24");

        Assert.Equal(["Warning KeyExpiring OmniReachable: on 2026-12-24"], Told(Conditions("Ready=True Succeeded", "OmniReachable=True Connected"), after));
        Assert.Equal(["Warning KeyExpiring OmniReachable: on 2026-12-24", "Normal Succeeded Ready: "], Told(null, after));
    }

    [Fact]
    public void Between_WhatBecameUnknownOrIsNoLongerThere_TellsNothing()
    {
        var before = Conditions("Ready=True Succeeded", "Synced=True Succeeded", "Gone=True Succeeded");

        Assert.Empty(Transitions.Between(before, Conditions("Ready=True Succeeded", "Synced=Unknown Unknown")));
        Assert.Empty(Transitions.Between(before, null));
    }

    private static IEnumerable<string> Told(IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition> after) =>
        Transitions.Between(before, after).Select(t => $"{(t.IsWarning ? "Warning" : "Normal")} {t.Reason} {t.Message}");

    /// <summary>Written as <c>Type=Status Reason: message</c>.</summary>
    private static List<V1Condition> Conditions(params string[] conditions) => [.. conditions.Select(text =>
    {
        var (head, message) = text.Split(": ", 2) is [var h, var m] ? (h, m) : (text, "");
        var parts = head.Split('=', ' ');
        return new V1Condition { Type = parts[0], Status = parts[1], Reason = parts[2], Message = message };
    })];
}

using OmniScale.Core;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Chaos;

public sealed class CreationsTests
{
    private static readonly Owner Owner = new("test", "ns", "red");
    private static readonly OmniResource Patch = Owned(ResourceTypes.ConfigPatches.New("200-cluster-red-cni", new ConfigPatchSpec()));
    private readonly Creations creations = new();

    [Fact]
    public void Resource_ThatItsObjectWants_MayBeCreatedOnce()
    {
        creations.Applied(Owner.Mark, "uid-1", [Patch]);
        creations.Applied(Owner.Mark, "uid-1", [Patch]);
        Created();
        Assert.Empty(creations.TooMany());
        Created();
        Assert.Equal(["test/ns/red created ConfigPatches.omni.sidero.dev 200-cluster-red-cni 2 times, and had 1 reasons"], creations.TooMany());
    }

    [Fact]
    public void Resource_ThatNobodyWants_MayNotBeCreated()
    {
        Created();
        Assert.Single(creations.TooMany());
    }

    [Fact]
    public void EachReason_AllowsForOneMoreCreation()
    {
        creations.Applied(Owner.Mark, "uid-1", [Patch]);
        creations.Applied(Owner.Mark, "uid-1", []);
        creations.Applied(Owner.Mark, "uid-1", [Patch]);
        creations.Applied(Owner.Mark, "uid-2", [Patch]);
        creations.Removed(ResourceTypes.ConfigPatches, Patch.Id);
        creations.MayBuildAnew(Owner.Mark, "once");
        creations.MayBuildAnew(Owner.Mark, "once");
        for (var i = 0; i < 5; i++)
        {
            Created();
        }

        Assert.Empty(creations.TooMany());
        Created();
        Assert.Single(creations.TooMany());
    }

    [Fact]
    public void Cluster_ThatAnotherHandDeletes_MayNotBeCreatedAgain_ThoughItsPartsMay()
    {
        var cluster = Owned(ResourceTypes.Clusters.New("red", new ClusterSpec()));
        creations.Applied(Owner.Mark, "uid-1", [cluster, Patch]);
        creations.TornDown(Owner.Mark);
        Created();
        Created();
        creations.Stored(new CreateRequest { Resource = new Resource { Metadata = cluster.Metadata } });
        Assert.Empty(creations.TooMany());
        creations.Stored(new CreateRequest { Resource = new Resource { Metadata = cluster.Metadata } });
        Assert.Single(creations.TooMany());
    }

    private void Created() => creations.Stored(new CreateRequest { Resource = new Resource { Metadata = Patch.Metadata } });

    private static OmniResource Owned(OmniResource resource)
    {
        Owner.Claim(resource.Metadata);
        return resource;
    }
}

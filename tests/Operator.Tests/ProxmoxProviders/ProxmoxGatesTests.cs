using Microsoft.Extensions.Time.Testing;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Proxmox;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.ProxmoxProviders;

public sealed class ProxmoxGatesTests
{
    private static readonly Uri Address = new("https://pve:8006");

    private readonly FakeTimeProvider time = new();
    private readonly ProxmoxGates gates;
    private int looks;

    public ProxmoxGatesTests() => gates = new ProxmoxGates(time);

    [Fact]
    public async Task While_a_Proxmox_is_away_its_last_failure_serves_all_who_look_but_one_now_and_then()
    {
        for (var i = 0; i < 5; i++)
        {
            var failure = await FailureAsync(Address, ProxmoxFailure.Timeout);
            Assert.Equal((ProxmoxFailure.Timeout, "no answer"), (failure.Kind, failure.Message));
        }

        Assert.Equal(2, looks);
        await FailureAsync(new Uri("https://other:8006"), ProxmoxFailure.Timeout);
        Assert.Equal(3, looks);

        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("here", await gates.LookAsync(Address, _ => new ValueTask<string>("here"), CancellationToken.None));
    }

    [Fact]
    public async Task What_is_wrong_with_the_credentials_of_one_is_not_held_against_the_others()
    {
        for (var i = 0; i < 5; i++)
        {
            await FailureAsync(Address, ProxmoxFailure.Unauthorized);
        }

        Assert.Equal(5, looks);
    }

    [Fact]
    public async Task Looks_at_one_Proxmox_are_two_at_a_time()
    {
        var answer = new TaskCompletionSource<int>();
        var all = Enumerable.Range(0, 6).Select(_ => gates.LookAsync(Address, _ =>
        {
            Interlocked.Increment(ref looks);
            return new ValueTask<int>(answer.Task);
        }, CancellationToken.None)).ToList();
        await Eventually.TrueAsync(() => looks == 2, "two have begun");

        answer.SetResult(1);

        Assert.Equal(6, (await Task.WhenAll(all)).Sum());
    }

    private Task<ProxmoxException> FailureAsync(Uri address, ProxmoxFailure kind) => Assert.ThrowsAsync<ProxmoxException>(() => gates.LookAsync<int>(
        address,
        _ =>
        {
            looks++;
            throw new ProxmoxException(kind, "no answer");
        },
        CancellationToken.None));
}

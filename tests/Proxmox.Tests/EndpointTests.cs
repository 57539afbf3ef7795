namespace OmniScale.Proxmox.Tests;

public sealed class EndpointTests
{
    [Theory]
    [InlineData("https://pve.example.com:8006", "https://pve.example.com:8006/")]
    [InlineData(" https://pve.example.com:8006/ ", "https://pve.example.com:8006/")]
    [InlineData("https://pve.example.com:8006/api2/json", "https://pve.example.com:8006/")]
    [InlineData("https://pve.example.com:8006/api2/json/", "https://pve.example.com:8006/")]
    [InlineData("https://pve.example.com", "https://pve.example.com/")]
    [InlineData("https://proxy.example.com/pve/api2/json", "https://proxy.example.com/pve")]
    [InlineData("https://[2001:db8::5]:8006", "https://[2001:db8::5]:8006/")]
    public void Url_AsUsersWriteIt_IsAccepted(string text, string expected) => Assert.Equal(expected, ProxmoxEndpoint.ParseUrl(text).AbsoluteUri);

    [Theory]
    [InlineData("http://192.0.2.5:8006", "The Proxmox URL must begin with https://: without TLS the credentials would be sent in the clear.")]
    [InlineData("192.0.2.5:8006", "The Proxmox URL is not valid: write it as https://host:8006.")]
    [InlineData("pve:8006", "The Proxmox URL is not valid: write it as https://host:8006.")]
    [InlineData("https://", "The Proxmox URL is not valid: write it as https://host:8006.")]
    [InlineData("", "The Proxmox URL is not valid: write it as https://host:8006.")]
    [InlineData("https://u:p@192.0.2.5:8006", "The Proxmox URL must not contain credentials: they belong into the credentials Secret.")]
    [InlineData("https://192.0.2.5:8006/#v1:0:18:4", "The Proxmox URL must end after the port: write https://192.0.2.5:8006.")]
    public void Url_ThatCannotWork_IsRefusedWithTheReason(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => ProxmoxEndpoint.ParseUrl(text)).Message);

    [Fact]
    public void Endpoints_WithEqualParts_AreEqual()
    {
        static ProxmoxEndpoint Create(string secret) => new(
            new Uri("https://192.0.2.5:8006/api2/json"),
            new ProxmoxCredentials.Token("omni@pve!operator", secret),
            new ProxmoxTls.Pinned([string.Concat(Enumerable.Repeat("ab", 32))]));

        Assert.Equal(Create("a"), Create("a\n"));
        Assert.NotEqual(Create("a"), Create("b"));
    }

    [Theory]
    [InlineData("omni", "pve", "omni@pve")]
    [InlineData("omni@pve", null, "omni@pve")]
    [InlineData("omni@pve", "pve", "omni@pve")]
    [InlineData("omni@corp", "ldap", "omni@corp@ldap")]
    public void Password_WithNameAndRealm_HasTheIdThatProxmoxKnows(string username, string? realm, string expected) =>
        Assert.Equal(expected, new ProxmoxCredentials.Password(username, realm, "x").Id);

    [Theory]
    [InlineData("omni", null)]
    [InlineData("", "pve")]
    public void Password_WithoutNameOrRealm_IsRefused(string username, string? realm) =>
        Assert.Throws<FormatException>(() => new ProxmoxCredentials.Password(username, realm, "x"));
}

namespace OmniScale.Omni;

/// <summary>What leads to Omni is unusable as written: an endpoint, a service account key or a CA bundle. The message never holds any part of a key.</summary>
public sealed class OmniSettingsException(string setting, string message) : Exception($"{setting}: {message}")
{
    /// <summary>The setting at fault: <c>endpoint</c>, <c>serviceAccountKey</c> or <c>ca.crt</c>.</summary>
    public string Setting { get; } = setting;
}

namespace OmniScale.Core;

/// <summary>The spec contradicts itself; the message says where and how, for the user.</summary>
public sealed class InvalidSpecException(string message) : Exception(message);

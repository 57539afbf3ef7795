namespace OmniScale.Runtime;

/// <summary>This process may not write, since it does not lead, or cannot know whether it still does. What it was doing is called off.</summary>
public sealed class LeadershipLostException(string message) : OperationCanceledException(message);

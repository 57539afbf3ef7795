namespace OmniScale.Lab.Omni.Auth;

/// <summary>Roles in rising order: each may do all that the ones before it may.</summary>
public enum Role
{
    None,
    InfraProvider,
    Reader,
    Auditor,
    Operator,
    Admin,
}

using OmniScale.TestKit;

[assembly: AssemblyFixture(typeof(ControlPlane))]

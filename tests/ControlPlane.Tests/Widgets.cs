using System.Security.Cryptography;
using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

/// <summary>A kind of its own for each test class, with all that the operator's kinds rely on.</summary>
public sealed class Widgets(ControlPlane controlPlane) : IAsyncLifetime
{
    public string Group { get; } = $"t{RandomNumberGenerator.GetHexString(6, lowercase: true)}.example.com";

    public string Resource => $"widgets.{Group}";

    public async ValueTask InitializeAsync()
    {
        await controlPlane.ApplyAsync($$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: {{Resource}}
            spec:
              group: {{Group}}
              scope: Namespaced
              names: { plural: widgets, singular: widget, kind: Widget, listKind: WidgetList, categories: [things] }
              versions:
              - name: v1
                served: true
                storage: true
                subresources: { status: {} }
                additionalPrinterColumns:
                - { name: Size, type: integer, jsonPath: .spec.size }
                - { name: Phase, type: string, jsonPath: .status.phase }
                schema:
                  openAPIV3Schema:
                    type: object
                    required: [spec]
                    properties:
                      spec:
                        type: object
                        required: [size]
                        x-kubernetes-validations:
                        - rule: "self.size <= self.limit"
                          message: size must not exceed limit
                        properties:
                          size: { type: integer, minimum: 1 }
                          limit: { type: integer, default: 10 }
                          color:
                            type: string
                            maxLength: 20
                            x-kubernetes-validations:
                            - { rule: self == oldSelf, message: color is immutable }
                      status:
                        type: object
                        properties:
                          phase: { type: string }
            """);
        var established = await controlPlane.KubectlAsync("wait", "--for=condition=Established", $"crd/{Resource}", "--timeout=10s");
        established.EnsureSuccess();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public string Yaml(string name, string spec) => $$"""
        apiVersion: {{Group}}/v1
        kind: Widget
        metadata: { name: {{name}} }
        spec: {{spec}}
        """;
}

using Google.Protobuf.Reflection;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Management;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Api.Tests;

/// <summary>What the generated code declares, in the words of the field table.</summary>
internal static class Descriptors
{
    private static readonly FileDescriptor[] Files =
        [ResourceReflection.Descriptor, StateReflection.Descriptor, OmniReflection.Descriptor, InfraReflection.Descriptor, ManagementReflection.Descriptor];

    public static IReadOnlyDictionary<string, string[]> Read()
    {
        var messages = Files.SelectMany(f => f.MessageTypes).SelectMany(WithNested).ToArray();
        var enums = Files.SelectMany(f => f.EnumTypes).Concat(messages.SelectMany(m => m.EnumTypes));
        return messages.Select(m => ("message " + m.FullName, m.Fields.InFieldNumberOrder().Select(Describe)))
            .Concat(enums.Select(e => ("enum " + e.FullName, e.Values.OrderBy(v => v.Number).Select(v => $"{v.Number} {v.Name}"))))
            .Concat(Files.SelectMany(f => f.Services).Select(s => ("service " + s.FullName, s.Methods.Select(Describe))))
            .ToDictionary(block => block.Item1, block => block.Item2.ToArray());
    }

    private static IEnumerable<MessageDescriptor> WithNested(MessageDescriptor message) =>
        message.NestedTypes.Where(n => !n.IsMapEntry).SelectMany(WithNested).Prepend(message);

    private static string Describe(MethodDescriptor method) =>
        $"{method.Name} {method.InputType.FullName} {(method.IsServerStreaming ? "stream " : "")}{method.OutputType.FullName}";

    private static string Describe(FieldDescriptor field)
    {
        var type = field.IsMap
            ? $"map<{Type(field.MessageType.FindFieldByNumber(1))},{Type(field.MessageType.FindFieldByNumber(2))}>"
            : $"{(field.IsRepeated ? "repeated " : field.ToProto().Proto3Optional ? "optional " : "")}{Type(field)}";
        return $"{field.FieldNumber} {field.Name} {type}";
    }

    private static string Type(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };
}

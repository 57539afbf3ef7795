using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OmniScale.Core;

/// <summary>
/// Brings a stored spec to the wanted one, keeping what this version does not know: unknown fields, at every depth, and the
/// fields that the caller names as not its own.
/// </summary>
public static class SpecMerge
{
    /// <param name="kept">Names of top-level fields to leave as stored.</param>
    public static IMessage Merge(IMessage stored, IMessage wanted, IReadOnlySet<string> kept)
    {
        var merged = stored.Descriptor.Parser.ParseFrom(stored.ToByteString());
        Overlay(merged, wanted, kept);
        return merged;
    }

    private static void Overlay(IMessage target, IMessage wanted, IReadOnlySet<string>? kept)
    {
        foreach (var field in target.Descriptor.Fields.InDeclarationOrder())
        {
            if (kept?.Contains(field.Name) == true)
            {
                continue;
            }

            var value = field.Accessor.GetValue(wanted);
            if (field.FieldType == FieldType.Message && !field.IsRepeated && !field.IsMap
                && value is IMessage wantedChild && field.Accessor.GetValue(target) is IMessage targetChild)
            {
                Overlay(targetChild, wantedChild, kept: null);
                continue;
            }

            field.Accessor.Clear(target);
            if (field.IsMap)
            {
                var map = (System.Collections.IDictionary)field.Accessor.GetValue(target);
                foreach (System.Collections.DictionaryEntry entry in (System.Collections.IDictionary)value)
                {
                    map.Add(entry.Key, entry.Value);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(target);
                foreach (var item in (System.Collections.IList)value)
                {
                    list.Add(item);
                }
            }
            else if (value is not null)
            {
                field.Accessor.SetValue(target, value);
            }
        }
    }
}

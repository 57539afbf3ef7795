using Google.Protobuf.Collections;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <summary>
/// Lets resources share the strings that most of them carry: label keys, owners, the names of their cluster and machine set. Each
/// place holds the string that came last, so that it stays small whatever passes through. Not for several threads.
/// </summary>
internal sealed class SharedStrings
{
    private const int Size = 1 << 10;

    private readonly string?[] places = new string?[Size];

    public void Share(Metadata metadata)
    {
        metadata.Phase = Share(metadata.Phase);
        metadata.Owner = Share(metadata.Owner);
        metadata.Version = Share(metadata.Version);
        Share(metadata.Labels);
        Share(metadata.Annotations);
        for (var i = 0; i < metadata.Finalizers.Count; i++)
        {
            metadata.Finalizers[i] = Share(metadata.Finalizers[i]);
        }
    }

    private void Share(MapField<string, string> map)
    {
        if (map.Count == 0)
        {
            return;
        }

        KeyValuePair<string, string>[] pairs = [.. map];
        map.Clear();
        foreach (var (key, value) in pairs)
        {
            map[Share(key)] = Share(value);
        }
    }

    private string Share(string text)
    {
        ref var place = ref places[PlaceOf(text)];
        return place == text ? place : place = text;
    }

    /// <summary>FNV-1a: .NET's own hash codes differ from process to process, and with them who shares a place with whom.</summary>
    private static int PlaceOf(string text)
    {
        var hash = 2166136261;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619;
        }

        return (int)(hash % Size);
    }
}

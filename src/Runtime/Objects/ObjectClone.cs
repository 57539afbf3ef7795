using System.Text.Json;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

public static class ObjectClone
{
    /// <summary>A copy that shares nothing with the object, to be changed without harm to the other readers of a store.</summary>
    public static T DeepClone<T>(this T value)
        where T : class, IKubernetesObject<V1ObjectMeta> => KubeJson.Read<T>(JsonSerializer.SerializeToElement(KubeJson.Write(value)));
}

using System.Collections.Concurrent;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>Asks the controller of a kind for a pass over one of its objects. Controllers register when they are wired.</summary>
internal sealed class Wakeups
{
    private readonly ConcurrentDictionary<Type, (Action<NamespacedName, TimeSpan> Enqueue, Action<Func<NamespacedName, bool>?> ForgetBackoff)> controllers = new();

    public void Register<T>(Action<NamespacedName, TimeSpan> enqueue, Action<Func<NamespacedName, bool>?> forgetBackoff) => controllers[typeof(T)] = (enqueue, forgetBackoff);

    public void Wake<T>(NamespacedName key) => Wake(typeof(T), key);

    public void Wake(Type kind, NamespacedName key, TimeSpan delay = default)
    {
        if (controllers.TryGetValue(kind, out var controller))
        {
            controller.Enqueue(key, delay);
        }
    }

    /// <summary>What these passes failed on is back.</summary>
    public void ForgetBackoff(Type kind, Func<NamespacedName, bool> which)
    {
        if (controllers.TryGetValue(kind, out var controller))
        {
            controller.ForgetBackoff(which);
        }
    }
}

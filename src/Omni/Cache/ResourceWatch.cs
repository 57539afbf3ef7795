using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <summary>
/// Keeps one store up to date: reads everything once, then follows. A broken stream is resumed from the last bookmark; where Omni
/// does not have that any more, everything is read again and compared, so that what was deleted meanwhile is noticed.
/// </summary>
internal sealed class ResourceWatch(
    Api.Cosi.State.StateClient client, OmniStore store, OmniCache cache, OmniCalls calls, OmniHealthTracker health, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>A stream that lived this long makes the next failure the first one again.</summary>
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    /// <summary>How long Omni may take to begin a stream.</summary>
    private static readonly TimeSpan BeginLimit = TimeSpan.FromSeconds(30);

    /// <summary>A stream on which nothing came for so long is opened anew: what stands in between may have forgotten it. Most types are quiet.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromMinutes(5);

    private readonly Random jitter = new();
    private ByteString? bookmark;
    private bool wasOpen;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        CountReopened(0);
        try
        {
            while (true)
            {
                var opened = time.GetTimestamp();
                var failure = await FollowOnceAsync(cancellationToken).ConfigureAwait(false);
                if (failure is null)
                {
                    continue;
                }

                Report(failure);
                failures = time.GetElapsedTime(opened) >= Stable ? 1 : failures + 1;
                logger.Log(
                    failures == 1 ? LogLevel.Information : LogLevel.Debug,
                    "Watching {Type} ended ({Kind}): {Reason}", store.Type.Name, failure.Kind, failure.Message);
                await Task.Delay(Delay(failures), time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection is being closed.
        }
    }

    private void Report(OmniException failure)
    {
        store.StreamDown(failure);
        try
        {
            health.StreamDown(store, failure);
        }
        catch (Exception e)
        {
            // Whoever listens must not be able to end the watch.
            logger.LogError(e, "A listener to the health of the connection failed");
        }
    }

    private TimeSpan Delay(int failures)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(failures - 1, 10));
        return (delay < LongestDelay ? delay : LongestDelay) * (0.5 + (jitter.NextDouble() / 2));
    }

    /// <returns>Null if nothing is wrong with Omni, and the stream only has to be opened anew.</returns>
    private async Task<OmniException?> FollowOnceAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(BeginLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        var begun = false;
        try
        {
            await FollowAsync(Heard, either.Token).ConfigureAwait(false);
            return new OmniException(OmniError.Unavailable, "Omni ended the watch", StatusCode.OK);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (!begun)
            {
                return new OmniException(OmniError.DeadlineExceeded, "Omni did not begin the watch in time", StatusCode.DeadlineExceeded, inner: e);
            }

            logger.LogDebug("Opening the watch of {Type} anew, it was silent for {Limit}", store.Type.Name, SilenceLimit);
            return null;
        }
        catch (RpcException e)
        {
            var failure = calls.Translate(e, OmniOperation.Watch, cancellationToken);
            if (failure.Kind != OmniError.InvalidBookmark || bookmark is null)
            {
                return failure;
            }

            logger.LogInformation("Reading all {Type} again, Omni does not have what happened since the last look", store.Type.Name);
            bookmark = null;
            return null;
        }
        catch (WatchErroredException e)
        {
            bookmark = null;
            return new OmniException(OmniError.Unavailable, e.Message, StatusCode.OK, inner: e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A resource that cannot be decoded, or a fault of ours: reading everything again is the way back, and the error stays visible until then.
            logger.LogError(e, "Following {Type} failed", store.Type.Name);
            bookmark = null;
            return new OmniException(OmniError.Internal, $"what Omni tells of {store.Type} cannot be processed: {e.Message}", StatusCode.OK, inner: e);
        }

        void Heard()
        {
            if (!begun)
            {
                begun = true;
                CountReopened(wasOpen ? 1 : 0);
                wasOpen = true;
            }

            silence.CancelAfter(SilenceLimit);
        }
    }

    private void CountReopened(int times) => OmniTelemetry.WatchRestarts.Add(times, new KeyValuePair<string, object?>("type", store.Type.Name));

    private async Task FollowAsync(Action heard, CancellationToken cancellationToken)
    {
        var bootstrapping = bookmark is null;
        if (bootstrapping)
        {
            // Before the stream is opened: what is written from here on may be missing in the list that it begins with.
            store.BeginBootstrap();
        }

        using var call = client.Watch(Request(), OmniCalls.Options(null, null, cancellationToken));
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            var message = call.ResponseStream.Current;
            heard();
            store.Heard(time.GetTimestamp());
            if (message.Event.Count == 0)
            {
                // The first message is empty: the stream stands.
                store.StreamUp();
                health.StreamUp(store);
                continue;
            }

            foreach (var happened in message.Event)
            {
                bootstrapping = Process(happened, bootstrapping);
            }
        }
    }

    private WatchRequest Request()
    {
        var request = new WatchRequest
        {
            Namespace = store.Type.Namespace,
            Type = store.Type.Name,
            ApiVersion = 1,
            Options = new WatchOptions { BootstrapContents = bookmark is null },
        };
        if (bookmark is not null)
        {
            request.Options.StartFromBookmark = bookmark;
        }

        return request;
    }

    /// <returns>Whether the stream is still in its list of everything.</returns>
    private bool Process(Event happened, bool bootstrapping)
    {
        switch (happened.EventType)
        {
            case EventType.Created or EventType.Updated when bootstrapping:
                store.Stage(happened.Resource);
                return true;
            case EventType.Created or EventType.Updated:
                store.Apply(happened.Resource);
                break;
            case EventType.Destroyed:
                store.Remove(happened.Resource.Metadata);
                break;
            case EventType.Bootstrapped:
                bootstrapping = false;
                if (store.FinishBootstrap())
                {
                    cache.RaiseSynced(store.Type);
                }

                break;
            case EventType.Errored:
                throw new WatchErroredException(happened.HasError ? happened.Error : "Omni reported an error without words");
        }

        // A bookmark counts only once what it stands for is in the store.
        if (happened.HasBookmark && !bootstrapping)
        {
            bookmark = happened.Bookmark;
        }

        return bootstrapping;
    }

    private sealed class WatchErroredException(string message) : Exception(message);
}

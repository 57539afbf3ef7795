using System.Buffers;
using System.IO.Pipelines;

namespace OmniScale.Runtime;

/// <summary>The lines of an open watch. Disposing it closes the stream.</summary>
internal sealed class WatchStream(HttpResponseMessage response, Stream content) : IDisposable
{
    private readonly PipeReader _reader = PipeReader.Create(content);

    /// <summary>
    /// The next line, or null when the server has closed the watch. A last line that was cut off is none: the API server ends
    /// every event with a newline.
    /// </summary>
    public async ValueTask<byte[]?> ReadLineAsync(CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await _reader.ReadAsync(ct).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                byte[] line = read.Buffer.Slice(0, end).ToArray();
                _reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
            {
                return null;
            }

            _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public void Dispose()
    {
        _reader.Complete();
        response.Dispose();
    }
}

namespace OmniScale.TestKit.Faults;

/// <summary>Reads an answer up to where it is cut.</summary>
internal sealed class CutStream(Stream answer, Framing framing, Cut cut, Exchange exchange) : Stream
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private ReadOnlyMemory<byte> _unread;
    private int _framesLeft = cut.After;
    private bool _goesOn;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_framesLeft == 0 && !_goesOn && !_ended)
        {
            await CutAsync(cancellationToken);
        }

        if (_unread.IsEmpty && !_ended)
        {
            _unread = _buffer.AsMemory(0, await answer.ReadAsync(_buffer, cancellationToken));
        }

        var length = Math.Min(_unread.Length, buffer.Length);
        if (!_goesOn && !_ended)
        {
            length = Admit(_unread.Span[..length]);
        }

        _unread[..length].CopyTo(buffer);
        _unread = _unread[length..];
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            answer.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>How many of the bytes come before the cut.</returns>
    private int Admit(ReadOnlySpan<byte> bytes)
    {
        var admitted = 0;
        while (admitted < bytes.Length && _framesLeft > 0)
        {
            var (length, complete) = framing.Next(bytes[admitted..]);
            admitted += length;
            _framesLeft -= complete ? 1 : 0;
        }

        return admitted;
    }

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        exchange.WasCut = true;
        switch (cut.Kind)
        {
            case CutKind.Reset:
                exchange.Reset();
                throw new IOException("The connection was reset by a fault.");
            case CutKind.Stall:
                await exchange.HoldAsync().WaitAsync(cancellationToken);
                _goesOn = true;
                exchange.WasCut = false;
                return;
            case CutKind.Truncate:
                _unread = framing.Beginning;
                break;
            default:
                _unread = cut.Last;
                break;
        }

        _ended = true;
    }
}

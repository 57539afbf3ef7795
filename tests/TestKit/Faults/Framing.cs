using System.Buffers.Binary;

namespace OmniScale.TestKit.Faults;

/// <summary>Finds where the lines or messages of an answer end, however it is cut into reads.</summary>
internal abstract class Framing
{
    public static Framing Of(string? mediaType) => mediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true ? new Messages() : new Lines();

    /// <summary>What a frame may begin with that never ends.</summary>
    public abstract ReadOnlyMemory<byte> Beginning { get; }

    /// <summary>Counts the frame that ends next.</summary>
    /// <returns>How many of the bytes belong to it, and whether they complete it.</returns>
    public abstract (int Length, bool Complete) Next(ReadOnlySpan<byte> bytes);

    private sealed class Lines : Framing
    {
        public override ReadOnlyMemory<byte> Beginning { get; } = """{"type":"ADDED","object":{"kind":"""u8.ToArray();

        public override (int Length, bool Complete) Next(ReadOnlySpan<byte> bytes)
        {
            var end = bytes.IndexOf((byte)'\n');
            return end < 0 ? (bytes.Length, false) : (end + 1, true);
        }
    }

    /// <summary>Messages of gRPC: a flag, the length in four bytes, the message.</summary>
    private sealed class Messages : Framing
    {
        private readonly byte[] _header = new byte[5];
        private int _headerLength;
        private uint _left;

        /// <summary>A hundred bytes are promised, and three come.</summary>
        public override ReadOnlyMemory<byte> Beginning { get; } = new byte[] { 0, 0, 0, 0, 100, 1, 2, 3 };

        public override (int Length, bool Complete) Next(ReadOnlySpan<byte> bytes)
        {
            var length = Math.Min(_header.Length - _headerLength, bytes.Length);
            bytes[..length].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += length;
            if (_headerLength < _header.Length)
            {
                return (length, false);
            }

            if (length > 0)
            {
                _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
            }

            var body = (int)Math.Min(_left, bytes.Length - length);
            _left -= (uint)body;
            if (_left > 0)
            {
                return (length + body, false);
            }

            _headerLength = 0;
            return (length + body, true);
        }
    }
}

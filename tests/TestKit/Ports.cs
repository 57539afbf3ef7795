using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OmniScale.TestKit;

public static class Ports
{
    /// <summary>
    /// A port on the loopback address that is free. It is below those that the system gives to outgoing connections, so that it stays
    /// free while a server that had it is stopped.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }
}

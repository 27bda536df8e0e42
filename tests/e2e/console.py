"""console.py HOST:PORT RDP_PORT ID - what stands before the consoles of a
Hyper-V: it wants [MS-RDPEPS]'s preconnection PDU with that id, and hands what
follows on to a real RDP server on 127.0.0.1. What begins with TLS at once, as
it does there, that server is first asked for it."""
import socket
import struct
import sys
import threading


def exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    size, flags, version, ident, count = struct.unpack(
        "<IIIIH", exactly(client, 18))
    blob = exactly(client, count * 2).decode("utf-16-le").rstrip("\0")
    if (version, size, blob) != (2, 18 + count * 2, sys.argv[3]):
        print("another:", size, flags, version, ident, blob, flush=True)
        client.close()
        return
    print("asked for", blob, flush=True)
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    if client.recv(1, socket.MSG_PEEK) == b"\x16":
        print("at once", flush=True)
        # X.224's connection request, for NLA.
        server.sendall(bytes.fromhex("030000130ee000000000000100080003000000"))
        reply = exactly(server, struct.unpack(">H", exactly(server, 4)[2:])[0] - 4)
        assert reply[7] == 2 and reply[11] & 2, reply
    threading.Thread(target=pump, args=(client, server)).start()
    pump(server, client)


host, port = sys.argv[1].split(":")
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, int(port)))
s.listen(5)
while True:
    threading.Thread(target=serve, args=s.accept()[:1], daemon=True).start()

"""relay.py PORT [RATE] - a line between a viewer and a server, to be cut.

Takes connections on a free port, which is the first line on stdout, and passes
bytes to 127.0.0.1:PORT and back, RATE bytes a second towards the viewer.
SIGUSR1 resets every connection, as a router does that has lost its memory.
"""
import signal
import socket
import struct
import sys
import threading
import time

port = int(sys.argv[1])
rate = float(sys.argv[2]) if len(sys.argv) > 2 else 0
lines = []


def cut(*_):
    for line in list(lines):
        lines.remove(line)
        for end in line:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           struct.pack("ii", 1, 0))
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def carry(source, sink, limit):
    due = time.monotonic()
    try:
        while data := source.recv(16384):
            sink.sendall(data)
            if limit:
                due = max(due, time.monotonic() - 0.02) + len(data) / limit
                time.sleep(max(0, due - time.monotonic()))
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


signal.signal(signal.SIGUSR1, cut)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    near, _ = listener.accept()
    far = socket.socket()
    for end in (near, far):
        # What waits in here would be a queue that nobody sees.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    try:
        far.connect(("127.0.0.1", port))
    except OSError:
        near.close()
        continue
    lines.append((near, far))
    threading.Thread(target=carry, args=(far, near, rate), daemon=True).start()
    threading.Thread(target=carry, args=(near, far, 0), daemon=True).start()

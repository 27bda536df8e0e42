"""monitors.py - give an Xvnc several monitors side by side, which nobody but a
VNC client may do. usage: monitors.py SOCKET WIDTHxHEIGHT..."""
import socket
import struct
import sys

sizes = [tuple(map(int, a.split('x'))) for a in sys.argv[2:]]
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(sys.argv[1])


def take(n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            sys.exit('monitors.py: the server hung up')
        data += more
    return data


s.sendall(take(12))
take(take(1)[0])
s.sendall(b'\x01')                     # no authentication
if take(4) != b'\0\0\0\0':
    sys.exit('monitors.py: not let in')
s.sendall(b'\x01')                     # others may stay
name = struct.unpack('>I', take(24)[20:])[0]
take(name)
s.sendall(struct.pack('>BxHi', 2, 1, -308))            # ExtendedDesktopSize
s.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, 1, 1))
take(4)                                # it has answered
width = sum(w for w, _ in sizes)
height = max(h for _, h in sizes)
screens, x = b'', 0
for i, (w, h) in enumerate(sizes):
    screens += struct.pack('>IHHHHI', i + 1, x, 0, w, h, 0)
    x += w
s.sendall(struct.pack('>BxHHBx', 251, width, height, len(sizes)) + screens)
s.settimeout(1)
try:
    while s.recv(1 << 16):
        pass
except TimeoutError:
    pass

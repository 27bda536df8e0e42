"""chansrv.py SOCKET SECONDS - play a tone of 440 Hz into xrdp-chansrv, as
xrdp's module of a sound server does, at its pace."""
import math
import socket
import struct
import sys
import time

RATE, STEP = 44100, 882
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
begin = time.monotonic()
for at in range(0, int(float(sys.argv[2]) * RATE), STEP):
    data = b"".join(
        struct.pack("<hh", *[int(8000 * math.sin(2 * math.pi * 440 * i / RATE))] * 2)
        for i in range(at, at + STEP))
    s.sendall(struct.pack("<ii", 0, len(data) + 8) + data)
    time.sleep(max(0, begin + at / RATE - time.monotonic()))
s.sendall(struct.pack("<ii", 1, 8))

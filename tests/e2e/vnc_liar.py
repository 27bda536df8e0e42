"""vnc_liar.py PORT HOW - a VNC server that misbehaves, for far.sh; one client
after the other gets the same. What it lies about is HOW:

silent    says nothing; greets and then says nothing: half
garbage   says things that are no RFB; huge: its screen has no memory
outside   draws outside its screen; sizes: another size with every frame
cut       a clipboard of 2 GiB; bomb: one that grows when decompressed
rects     updates of nothing for ever; hangup: hangs up in a picture
copies    the whole screen, copied onto itself 256 times an update; 20 of them
cursor    a pointer of 65535 x 65535 pixels
well      behaves, so that all of the above can be compared with something
"""
import socket
import struct
import sys
import time
import zlib

port, how = int(sys.argv[1]), sys.argv[2]


def rect(x, y, w, h, encoding, data=b""):
    return struct.pack(">HHHHi", x, y, w, h, encoding) + data


def update(*rects):
    return b"\0\0" + struct.pack(">H", len(rects)) + b"".join(rects)


def cut(flags, data):
    return b"\3\0\0\0" + struct.pack(">iI", -4 - len(data), flags) + data


def talk(c):
    if how == "silent":
        time.sleep(60)
    if how == "garbage":
        c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 100)
        time.sleep(1)
        return
    c.sendall(b"RFB 003.008\n")
    c.recv(12)
    if how == "half":
        time.sleep(60)
    c.sendall(b"\1\1")
    c.recv(1)
    c.sendall(b"\0\0\0\0")
    c.recv(1)
    size = (65535, 65535) if how == "huge" else (320, 200)
    c.sendall(struct.pack(">HH", *size) + bytes(16) + b"\0\0\0\4liar")
    c.recv(4096)
    c.sendall(update(rect(0, 0, 320, 200, 0, b"\x40\x80\xc0\0" * 64000)))
    if how == "outside":
        time.sleep(0.3)
        c.sendall(update(rect(319, 199, 2, 2, 0, bytes(16))))
    elif how == "sizes":
        for i in range(100000):
            w, h = 300 + i % 200, 200 + i % 100
            c.sendall(update(rect(0, 0, w, h, -223)))
            c.sendall(update(rect(0, 0, w, h, 0, bytes([i & 255]) * (4 * w * h))))
    elif how == "cut":
        c.sendall(b"\3\0\0\0\x7f\xff\xff\xff")
        for _ in range(100000):
            c.sendall(b"A" * 65536)
    elif how == "bomb":
        packed = zlib.compress(struct.pack(">I", 1 << 30) + bytes(1 << 26))
        for _ in range(100):
            c.sendall(cut(0x10000001, packed))
            time.sleep(0.05)
    elif how == "rects":
        nothing = update(*[rect(0, 0, 0, 0, 0)] * 65535)
        while True:
            c.sendall(nothing)
    elif how == "copies":
        copy = rect(0, 0, 320, 200, 1, bytes(4))
        for _ in range(20):
            c.sendall(update(*[copy] * 256))
    elif how == "hangup":
        time.sleep(0.3)
        c.sendall(update(rect(0, 0, 320, 200, 0, bytes(1000)))[:500])
        return
    elif how == "cursor":
        c.sendall(update(rect(0, 0, 65535, 65535, -239)))
    time.sleep(60)


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", port))
s.listen(5)
print("listening", flush=True)
while True:
    client, _ = s.accept()
    try:
        talk(client)
    except OSError:
        pass
    client.close()

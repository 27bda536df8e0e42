#!/usr/bin/env python3
"""seeds_far.py - write the corpora of fuzz_rfb, fuzz_rdp and fuzz_far.

Run in the tree's root. It makes what a VNC server says on its own, so that the
seeds were not made by the code that reads them.
"""
import os
import struct
import zlib


def put(target, name, data):
    folder = "tests/fuzz/corpus/" + target
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/" + name, "wb") as f:
        f.write(data)


def rect(x, y, w, h, encoding, data=b""):
    return struct.pack(">HHHHi", x, y, w, h, encoding) + data


def update(*rects):
    return b"\0\0" + struct.pack(">H", len(rects)) + b"".join(rects)


def sync(stream, data):
    out = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    return struct.pack(">I", len(out)) + out


RED = b"\x30\x20\xf0\0"
BLUE = b"\xf0\x20\x30\0"
server_init = struct.pack(">HH", 64, 48) + bytes(16) + b"\0\0\0\4name"
one = update(rect(1, 1, 3, 2, 0, RED * 6))

# ---- from the version on

put("fuzz_rfb", "login-none", b"\0RFB 003.008\n\1\1\0\0\0\0" + server_init + one)
put("fuzz_rfb", "login-vnc", b"\0RFB 003.008\n\1\2" + bytes(range(16)) +
    b"\0\0\0\0" + server_init + one)
put("fuzz_rfb", "login-33", b"\0RFB 003.003\n\0\0\0\2" + bytes(16) +
    b"\0\0\0\0" + server_init + one)
put("fuzz_rfb", "login-33-none", b"\0RFB 003.003\n\0\0\0\1" + server_init + one)
put("fuzz_rfb", "login-37", b"\0RFB 003.007\n\2\2\1" + server_init + one)
put("fuzz_rfb", "login-wrong", b"\0RFB 003.008\n\1\2" + bytes(16) +
    b"\0\0\0\1\0\0\0\7refused")
put("fuzz_rfb", "login-many", b"\0RFB 003.007\n\1\2" + bytes(16) + b"\0\0\0\2")
put("fuzz_rfb", "login-reason", b"\0RFB 003.008\n\0\0\0\0\5later")
put("fuzz_rfb", "login-33-reason", b"\0RFB 003.003\n\0\0\0\0\0\0\0\5later")
put("fuzz_rfb", "login-strange", b"\0RFB 003.008\n\2\x10\x1e")
for sub in (257, 258, 259, 260, 261, 262):
    proof = bytes(16) if sub in (258, 261) else b""
    put("fuzz_rfb", "login-vencrypt-%d" % sub,
        b"\0RFB 003.008\n\2\x13\2\0\2\0\1" + struct.pack(">I", sub) + b"\1" +
        proof + b"\0\0\0\0" + server_init + one)
put("fuzz_rfb", "login-vencrypt-old", b"\0RFB 003.008\n\1\x13\0\1")
put("fuzz_rfb", "login-vencrypt-none",
    b"\0RFB 003.008\n\1\x13\0\2\0\2\0\0\1\0\0\0\0\7")
put("fuzz_rfb", "login-vencrypt-refused",
    b"\0RFB 003.008\n\1\x13\0\2\0\1\0\0\1\4\0")
put("fuzz_rfb", "login-http", b"\0HTTP/1.1 400 Bad Request\r\n\r\n")

# ---- messages of a desktop of 2 * kind by kind + 32

K = b"\x28"  # 80 x 72
O = b"\x29"  # 82 x 73, with something to paste
put("fuzz_rfb", "raw", K + update(rect(0, 0, 80, 72, 0, RED * 80 * 72)))
put("fuzz_rfb", "copy", K + update(rect(0, 0, 8, 8, 0, BLUE * 64),
                                   rect(4, 4, 8, 8, 1, struct.pack(">HH", 0, 0)),
                                   rect(0, 0, 8, 8, 1, struct.pack(">HH", 4, 4))))
put("fuzz_rfb", "copy-outside",
    K + update(rect(4, 4, 8, 8, 1, struct.pack(">HH", 79, 0))))
put("fuzz_rfb", "outside", K + update(rect(79, 71, 2, 2, 0, RED * 4)))
put("fuzz_rfb", "hextile", K + update(rect(0, 0, 33, 17, 5,
    b"\1" + RED * 256 +
    b"\2" + BLUE +
    b"\x0e" + RED + BLUE + b"\1\0\0" +
    b"\x1e" + RED + BLUE + b"\2" + RED + b"\0\0" + BLUE + b"\x10\0" +
    b"\0" + b"\0")))
put("fuzz_rfb", "hextile-outside",
    K + update(rect(0, 0, 8, 8, 5, b"\x0e" + RED + BLUE + b"\1\x77\xff")))

# ---- QEMU's sound

HEARS = K + update(rect(0, 0, 0, 0, -259))


def sound(what, data=b""):
    return b"\xff\1" + struct.pack(">H", what) + data


put("fuzz_rfb", "sound", HEARS + sound(1) + sound(2, b"\0\0\0\x10" + bytes(16)) +
    sound(0))
put("fuzz_rfb", "sound-unasked", K + sound(2, b"\0\0\0\4" + bytes(4)))
put("fuzz_rfb", "sound-odd", HEARS + sound(2, b"\0\0\0\3" + bytes(3)))
put("fuzz_rfb", "sound-long", HEARS + sound(2, b"\x7f\xff\xff\xfc" + bytes(99)))
put("fuzz_rfb", "sound-pieces", HEARS + sound(2, b"\0\0\x20\0" + bytes(8192)))
put("fuzz_rfb", "sound-strange", HEARS + sound(3))
put("fuzz_rfb", "sound-other", HEARS + b"\xff\0\0\0")

# ---- compressed

z = zlib.compressobj()
put("fuzz_rfb", "zlib", K + update(
    rect(0, 0, 16, 4, 6, sync(z, RED * 64)),
    rect(0, 0, 4, 4, 6, sync(z, BLUE * 16))))
z = zlib.compressobj()
put("fuzz_rfb", "zlib-short", K + update(rect(0, 0, 16, 4, 6, sync(z, RED * 63))))
z = zlib.compressobj()
put("fuzz_rfb", "zlib-long", K + update(rect(0, 0, 16, 4, 6, sync(z, RED * 66))))
put("fuzz_rfb", "zlib-broken",
    K + update(rect(0, 0, 16, 4, 6, b"\0\0\0\4abcd")))

p3 = [b"\1\2\3", b"\4\5\6", b"\7\x08\x09", b"\x0a\x0b\x0c", b"\x0d\x0e\x0f"]
z = zlib.compressobj()
tiles = [
    rect(0, 0, 4, 4, 16, sync(z, b"\0" + b"\1\2\3" * 16)),
    rect(0, 0, 66, 4, 16, sync(z, b"\1" + p3[0] + b"\1" + p3[1])),
    rect(0, 0, 9, 2, 16, sync(z, b"\2" + p3[0] + p3[1] + b"\xaa\x80\x55\0")),
    rect(0, 0, 5, 2, 16, sync(z, b"\4" + b"".join(p3[:4]) + b"\x1b\0\x1b\0")),
    rect(0, 0, 3, 2, 16, sync(z, b"\5" + b"".join(p3) + b"\x01\x20\x34\x40")),
    rect(0, 0, 64, 8, 16, sync(z, b"\x80" + p3[0] + b"\xff\xff\1")),
    rect(0, 0, 64, 8, 16, sync(z, b"\x82" + p3[0] + p3[1] + b"\0\x81\xff\xff\0")),
]
put("fuzz_rfb", "zrle", K + update(*tiles))
z = zlib.compressobj()
put("fuzz_rfb", "zrle-long-run",
    K + update(rect(0, 0, 8, 8, 16, sync(z, b"\x80" + p3[0] + b"\xff\xff"))))
z = zlib.compressobj()
put("fuzz_rfb", "zrle-unknown",
    K + update(rect(0, 0, 8, 8, 16, sync(z, b"\x40" + p3[0]))))

mask = b"\xff\x00" * 4
put("fuzz_rfb", "cursor", K + update(rect(1, 1, 9, 4, -239, RED * 36 + mask)))
put("fuzz_rfb", "cursor-none", K + update(rect(0, 0, 0, 0, -239)))
put("fuzz_rfb", "cursor-large", K + update(
    rect(0, 0, 300, 1, -239, RED * 300 + bytes(38)),
    rect(0, 0, 300, 1, -239, RED * 300 + bytes(38))))
put("fuzz_rfb", "cursor-huge", K + update(rect(0, 0, 65535, 65535, -239)))
put("fuzz_rfb", "cursor-alpha", K + update(
    rect(1, 1, 2, 2, -314, b"\0\0\0\0" + b"\x10\x20\x30\x40" * 4)))
put("fuzz_rfb", "cursor-alpha-qemu", K + update(
    rect(1, 0, 0, 0, -257),
    rect(1, 1, 2, 2, -314, b"\0\0\0\0" + b"\xff\x20\x30\x40" * 4)))
put("fuzz_rfb", "cursor-alpha-zlib",
    K + update(rect(1, 1, 2, 2, -314, b"\0\0\0\6")))

screen = struct.pack(">IHHHHI", 7, 0, 0, 100, 90, 0)
put("fuzz_rfb", "sizes", K + update(
    rect(0, 0, 100, 90, -308, b"\1\0\0\0" + screen),
    rect(1, 3, 500, 500, -308, b"\1\0\0\0" + screen),
    rect(0, 0, 50, 40, -223)) + update(rect(0, 0, 50, 40, 0, RED * 2000)))
put("fuzz_rfb", "sizes-many", K + update(
    rect(0, 0, 100, 90, -308, b"\2\0\0\0" + screen * 2)))
put("fuzz_rfb", "size-none", K + update(rect(0, 0, 0, 0, -223)))
put("fuzz_rfb", "pseudo", b"\x2a" + update(
    rect(0, 0, 0, 0, -258), rect(0, 0, 0, 0, -257),
    rect(0, 0, 1, 1, -261, b"\7"), rect(5, 5, 0, 0, -232),
    rect(9, 9, 0, 0, 0x574d5666), rect(0, 0, 0, 0, -307, b"\0\0\0\3new"),
    rect(0, 0, 0, 0, -224)) + b"\2" + b"\1\0\0\0\0\1" + bytes(6) + b"\2")
put("fuzz_rfb", "unknown-rect", K + update(rect(0, 0, 1, 1, 7, b"\0")))
put("fuzz_rfb", "unknown-message", K + b"\x77")


def cut(n, data):
    return b"\3\0\0\0" + struct.pack(">i", n) + data


def extended(flags, data=b""):
    return cut(-4 - len(data), struct.pack(">I", flags) + data)


text = b"caf\xc3\xa9\r\nmore\0"
packed = zlib.compress(struct.pack(">I", len(text)) + text)
put("fuzz_rfb", "cut", K + cut(8, b"caf\xe9\r\na\0") + cut(0, b""))
put("fuzz_rfb", "cut-long", K + cut(0x7fffffff, bytes(64)))
put("fuzz_rfb", "cut-extended", O + extended(0x1f000001, b"\0\0\0\x64") +
    extended(0x08000001) + extended(0x04000000) + extended(0x02000001) +
    extended(0x10000001, packed) + extended(0x08000000))
put("fuzz_rfb", "cut-extended-short", K + cut(-2, b"\0\0"))
put("fuzz_rfb", "cut-extended-broken", K + extended(0x10000001, b"abcdefgh"))
put("fuzz_rfb", "cut-extended-huge", K + extended(
    0x10000001, zlib.compress(b"\x7f\xff\xff\xff" + bytes(100))))

# ---- the helper, and files of certificates


def message(what, values=(), data=b"", size=None):
    v = list(values) + [0] * (6 - len(values))
    return b"\1" + struct.pack("<II6i", what,
                               len(data) if size is None else size, *v) + data


put("fuzz_far", "screen", message(1, (640, 480)))
put("fuzz_far", "screen-huge", message(1, (1 << 30, 1 << 30)))
put("fuzz_far", "damage", message(2, (), struct.pack("<8i", 0, 0, 640, 480,
                                                     639, 479, 1, 1)))
put("fuzz_far", "damage-outside", message(2, (), struct.pack("<4i", 1, 0, 640, 1)))
put("fuzz_far", "damage-overflow",
    message(2, (), struct.pack("<4i", 1, 0, 0x7fffffff, 1)))
put("fuzz_far", "damage-odd", message(2, (), bytes(17)))
put("fuzz_far", "frame", message(3))
put("fuzz_far", "cursor", message(4, (2, 2, 1, 1), bytes(16)))
put("fuzz_far", "cursor-none", message(4))
put("fuzz_far", "cursor-short", message(4, (2, 2), bytes(15)))
put("fuzz_far", "cursor-hot", message(4, (2, 2, 2, 0), bytes(16)))
put("fuzz_far", "lights", message(6, (7,)))
put("fuzz_far", "cut", message(8, (3,), b"text"))
put("fuzz_far", "pin", message(9, (), bytes(32)))
put("fuzz_far", "say", message(10, (1,), b"words\x1b[2J"))
put("fuzz_far", "end", message(11, (6,), b"gone"))
put("fuzz_far", "end-strange", message(11, (99,), b"gone"))
put("fuzz_far", "sound", message(12, (44100, 2, 0), bytes(range(16))))
put("fuzz_far", "sound-more", message(12, (8000, 1, 7999), bytes(4)))
put("fuzz_far", "sound-silent", message(12, (48000, 2, 0)))
put("fuzz_far", "sound-odd", message(12, (48000, 2, 0), bytes(3)))
put("fuzz_far", "sound-rate", message(12, (0, 2, 0), bytes(4)))
put("fuzz_far", "sound-channels", message(12, (48000, 0, 0), bytes(4)))
put("fuzz_far", "sound-future", message(12, (48000, 2, 1 << 30), bytes(4)))
put("fuzz_far", "sound-long", message(12, (48000, 2, 0), bytes(16400)))
put("fuzz_far", "volume", message(13, (256, 0)))
put("fuzz_far", "volume-loud", message(13, (257, 0)))
put("fuzz_far", "config", message(64, (), bytes(8)))
put("fuzz_far", "length", message(3, (), b"", 4))
put("fuzz_far", "pins", b"\0# a comment\nrfb:localhost:5900 sha256:" +
    b"0f" * 32 + b"\nrdp:host:3389 sha256:" + b":".join([b"A0"] * 32) +
    b"\nrdp:host:3389 sha256:12\nno line")
put("fuzz_far", "text", b"\2plain caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n")
put("fuzz_far", "text-long", b"\2\xc0\xaf")
put("fuzz_far", "text-surrogate", b"\2\xed\xa0\x80")
put("fuzz_far", "text-beyond", b"\2\xf5\x80\x80\x80")
put("fuzz_far", "text-cut", b"\2caf\xc3")
put("fuzz_far", "text-nul", b"\2a\0b")

# ---- what libfreerdp2 hands on; the first byte of each step says which


def numbers(form, *values):
    return struct.pack("<" + form, *values)


put("fuzz_rdp", "paint", b"\0\1" + numbers("8h", 1, 2, 30, 20, -5, -5, 700, 9) +
    b"\0" + b"\0\1" + numbers("8h", 0, 0, 64, 48, 63, 47, 1, 1) + b"\1" +
    numbers("I", 0x7fffffff))
put("fuzz_rdp", "paint-many", b"\0\xa0" + b"".join(
    numbers("4h", i % 60, i // 8 % 40, 3, 2) for i in range(320)) + b"\0")
put("fuzz_rdp", "pointer", b"\1" + numbers("4HB", 2, 2, 1, 1, 32) +
    numbers("H", 16) + b"\0" + numbers("H", 4) + b"\0" + numbers("2H", 9, 9))
put("fuzz_rdp", "pointer-mono", b"\1" + numbers("4HB", 32, 32, 1, 1, 1) +
    numbers("H", 128) + b"\0" + numbers("H", 128) + b"\0" + numbers("2H", 9, 9))
put("fuzz_rdp", "pointer-huge", b"\1" + numbers("4HB", 65535, 65535, 1, 1, 32) +
    numbers("H", 64) + b"\0" + numbers("H", 64) + b"\0" + numbers("2H", 9, 9))
put("fuzz_rdp", "pointer-short", b"\1" + numbers("4HB", 96, 96, 1, 1, 24) +
    numbers("H", 5) + b"\0" + numbers("H", 5) + b"\0" + numbers("2H", 9, 9))
put("fuzz_rdp", "pointer-flat", b"\1" + numbers("4HB", 0, 7, 1, 1, 32))
put("fuzz_rdp", "resize", b"\2" + numbers("2H", 100, 80) + b"\0\1" +
    numbers("8h", 0, 0, 100, 80, 90, 70, 10, 10) + b"\0\2" +
    numbers("2H", 100, 80) + b"\2" + numbers("2H", 0, 0))
put("fuzz_rdp", "resize-huge", b"\2" + numbers("2H", 65535, 65535))
HERE = b"\5\1" + numbers("2H", 300, 300)
put("fuzz_rdp", "clip", HERE + b"\3\0\0\0\0\0" + b"\3\x11\x0d\1\0\0" +
    b"\3\x40\0\0\0\1" + numbers("H", 10) + "a\r\nö€".encode("utf-16-le"))
put("fuzz_rdp", "clip-surrogate", HERE + b"\3\x40\0\0\0\1" + numbers("H", 5) +
    b"\x00\xd8\x00\xd8\x41")
put("fuzz_rdp", "clip-empty", HERE + b"\3\x40\0\0\0\1" + numbers("H", 1) + b"a")
put("fuzz_rdp", "clip-refused", HERE + b"\3\x40\0\0\0\2" + numbers("H", 4))
put("fuzz_rdp", "clip-wanted", HERE + b"\3\0\0\0\0\0" + b"\3\x30\0\0\0\0" +
    b"\7one\ntwo\0" + b"\3\x20\0\0\x0d\0" + b"\3\x20\0\0\1\0")
put("fuzz_rdp", "sound", b"\4\1" + numbers("HIBH", 2, 44100, 16, 8) +
    bytes(range(8)) + b"\0" + numbers("I", 0x8000ffff))
put("fuzz_rdp", "sound-other", b"\4\6" + numbers("HIBH", 7, 22050, 8, 7) +
    bytes(range(7)) + b"\1" + numbers("I", 0))
put("fuzz_rdp", "sound-strange", b"\4\1" + numbers("HIBH", 65535, 1 << 31, 16, 7) +
    bytes(range(7)) + b"\0" + numbers("I", 0))
put("fuzz_rdp", "channels", b"\5\x08" + bytes(4) + numbers("2H", 1001, 700) +
    b"\5\0" + numbers("2H", 7, 7) + b"\5\0" + numbers("2H", 60000, 700) +
    b"\5\4" + numbers("2H", 640, 480) + HERE + b"\5\5" + bytes(4))
put("fuzz_rdp", "rest", b"\6\7\0" + bytes(4) + b"\6\xff\xff" + bytes(4))

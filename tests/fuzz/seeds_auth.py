#!/usr/bin/env python3
"""seeds_auth.py - write the corpora of fuzz_scram, fuzz_hosts, fuzz_passwd.

Run in the tree's root. It speaks SCRAM on its own, with Python's hashlib, so
the logins in the corpus were not made by the code that reads them.
"""
import base64
import hashlib
import hmac
import os
import struct


def put(target, name, data):
    folder = "tests/fuzz/corpus/" + target
    os.makedirs(folder, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    assert len(data) <= 2048
    with open(folder + "/" + name, "wb") as f:
        f.write(data)


def b64(data):
    return base64.b64encode(data)


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def nonce(start, n):
    """What scram.c makes of the fuzzer's counter."""
    out = bytearray()
    for i in range(start, start + n):
        c = 0x21 + ((i * 37 & 255) * 93 >> 8)
        out.append(c + (c >= 0x2c))
    return bytes(out)


def blobs(*parts):
    return b"".join(struct.pack("<H", len(p)) + p for p in parts)


EXPORTER, TRANSCRIPT, SALT = b"\xe1" * 32, b"\x7a" * 32, bytes(16)
# One round of PBKDF2: all that the fuzzer computes.
SALTED = mac(b"pencil", SALT + b"\0\0\0\1")
CLIENT, SERVER = mac(SALTED, b"Client Key"), mac(SALTED, b"Server Key")
STORED = hashlib.sha256(CLIENT).digest()
H = b",h=" + b64(TRANSCRIPT)


def login(header, bound, cnonce, snonce, extra):
    """The four blobs of a login."""
    bare = b"n=a=2Cb=3Dc,r=" + cnonce + extra
    whole = cnonce + snonce
    challenge = b"r=" + whole + b",s=" + b64(SALT) + b",i=100000"
    final = b"c=" + b64(header + bound) + b",r=" + whole
    auth = bare + b"," + challenge + b"," + final
    proof = bytes(a ^ b for a, b in zip(CLIENT, mac(STORED, auth)))
    return (header + bare, challenge, final + b",p=" + b64(proof),
            b"v=" + b64(mac(SERVER, auth)))


def scram():
    # Alone, either end starts the counter at 0.
    theirs = b"abcdefghijklmnopqrstuvwx"
    kinds = {
        "plus": (b"p=tls-exporter,,", EXPORTER, 0x00),
        "plain": (b"n,,", b"", 0x14),
        "bare": (b"n,,", b"", 0x54),
        "offered": (b"y,,", b"", 0x18),
    }
    for name, (header, bound, flags) in kinds.items():
        extra = b"" if flags & 0x40 else H
        at = login(header, bound, theirs, nonce(0, 30), extra)
        put("fuzz_scram", "server-" + name,
            bytes([flags]) + blobs(at[0], at[2]))
        at = login(header, bound, nonce(0, 20), theirs, extra)
        put("fuzz_scram", "client-" + name,
            bytes([flags | 1]) + blobs(at[1], at[3]))
        put("fuzz_scram", "both-" + name, bytes([flags | 2]))
    at = login(b"p=tls-exporter,,", EXPORTER, theirs, nonce(0, 30), H)
    put("fuzz_scram", "server-unknown-user", b"\x80" + blobs(at[0], at[2]))
    put("fuzz_scram", "server-wrong-nonce",
        b"\x00" + blobs(at[0], at[2].replace(b"r=abc", b"r=xbc")))
    put("fuzz_scram", "server-no-final", b"\x00" + blobs(at[0], b"c="))
    put("fuzz_scram", "server-long", b"\x00" + blobs(b"n,," + b"x" * 1030))
    bad = {
        "unique": at[0].replace(b"exporter", b"unique"),
        "other-transcript": at[0].replace(b64(TRANSCRIPT), b64(SALT * 2)),
        "authzid": at[0].replace(b",,", b",a=x,"),
        "downgraded": b"y,," + at[0][16:],
        "unbound": b"n,," + at[0][16:],
        "flag": b"x,," + at[0][16:],
        "escape": at[0].replace(b"=2C", b"=2c"),
        "control": at[0].replace(b"=2C", b"\x01"),
        "short-nonce": at[0].replace(theirs, b"short"),
        "odd-nonce": at[0].replace(theirs, b"\x7f" * 20),
        "long-name": at[0].replace(b"a=2C", b"a" * 257),
        "utf8-name": at[0].replace(b"a=2C", "\u00e4\u20ac\U0001f600".encode()),
        "bad-utf8": at[0].replace(b"a=2C", b"\xe0\x80\x80"),
    }
    for name, first in bad.items():
        put("fuzz_scram", "server-" + name, b"\x00" + blobs(first))
    at = login(b"p=tls-exporter,,", EXPORTER, nonce(0, 20), theirs, H)
    bad = {
        "few-iterations": at[1].replace(b"100000", b"4096"),
        "zero-iterations": at[1].replace(b"100000", b"0100000"),
        "odd-iterations": at[1].replace(b"100000", b"1e5"),
        "small-salt": at[1].replace(b64(SALT), b64(SALT[:15])),
        "big-salt": at[1].replace(b64(SALT), b64(bytes(65))),
        "odd-salt": at[1].replace(b64(SALT), b"AAAAB==="),
        "loose-salt": at[1].replace(b"AA==", b"AB=="),
        "sign-salt": at[1].replace(b64(SALT), b"+/-A"),
        "other-nonce": b"r=x" + at[1][3:],
        "extension": at[1] + b",x=y",
    }
    for name, challenge in bad.items():
        put("fuzz_scram", "client-" + name, b"\x01" + blobs(challenge))
    put("fuzz_scram", "client-error", b"\x01" + blobs(at[1], b"e=no"))
    put("fuzz_scram", "client-other-signature",
        b"\x01" + blobs(at[1], b"v=" + b64(bytes(32))))
    put("fuzz_scram", "client-short-signature",
        b"\x01" + blobs(at[1], b"v=" + b64(bytes(31))))
    for which, offset in ((0, 20), (0, 90), (1, 30), (1, 60), (2, 10),
                          (2, 90), (2, 170), (3, 5)):
        put("fuzz_scram", "both-changed-%d-%d" % (which, offset),
            struct.pack("<BBHB", 2, which, offset, 1))
    put("fuzz_scram", "both-unknown-user", b"\x82")
    key = b64(STORED) + b":" + b64(SERVER)
    text = b"SCRAM-SHA-256$100000:" + b64(SALT) + b"$" + key
    put("fuzz_scram", "verifier", b"\x03" + text)
    put("fuzz_scram", "verifier-cut", b"\x03" + text[:-1])
    put("fuzz_scram", "verifier-weak",
        b"\x03" + text.replace(b"100000", b"4096"))
    put("fuzz_scram", "verifier-long", b"\x03" + b"x" * 1100)
    token = b"\1" + bytes(16) + b"k" * 32 + b"s" * 16
    token += struct.pack("<IIQ", 511, 1, 1 << 40)
    put("fuzz_scram", "token", b"\x03" + token + b"\5\0oriel")
    put("fuzz_scram", "token-bad-name", b"\x03" + token + b"\1\0\xff")
    put("fuzz_scram", "token-short", b"\x03" + token)
    put("fuzz_scram", "token-other-version", b"\x03\2" + token[1:] + b"\0\0")


def hosts():
    key = " sha256:" + "00112233445566778899aabbCCDDEEFF" * 2
    good = "desk.example:5910" + key + " login 1700000000\n"
    put("fuzz_hosts", "good", "# mine\n\n" + good +
        "[2001:DB8::1]:5911" + key + "\topen  0\r\nHost:1" + key + " open 7")
    put("fuzz_hosts", "host-in-it", "host:1" + key + " open 7\nother:2\n")
    put("fuzz_hosts", "address", "desk:5910")
    put("fuzz_hosts", "address-v6", "[::1]:5910")
    put("fuzz_hosts", "twice", good + good)
    put("fuzz_hosts", "long-line", "x" * 1100)
    put("fuzz_hosts", "long-address", "x" * 300 + ":1" + key + " open 1")
    put("fuzz_hosts", "binary", b"a\0b:1\nc:1\xff\n")
    put("fuzz_hosts", "empty", b"\n")
    for i, line in enumerate((
            "desk", ":1", "desk:0", "desk:65536", "desk:01", "desk:",
            "a:b:1", "[a:1", "[a]b]:1", "\u00e4:1", "x#:1", "x:1",
            "x:1 sha256:" + "g" * 64, "x:1 sha256:" + "0" * 63 + "_",
            "x:1 sha1:0", "x:1" + key, "x:1" + key + " Login 1",
            "x:1" + key + " login", "x:1" + key + " login 1x",
            "x:1" + key + " login 01",
            "x:1" + key + " open 1234567890123456789",
            "x:1" + key + " open 1 2")):
        put("fuzz_hosts", "broken-%02d" % i, line + "\n")


def passwd():
    key = b64(bytes(32)).decode()
    text = "SCRAM-SHA-256$100000:" + b64(SALT).decode() + "$" + key + ":" + key
    put("fuzz_passwd", "lone", "# one\n\nhorse staple\r\n")
    put("fuzz_passwd", "lone-verifier", text)
    put("fuzz_passwd", "users", "oriel:a:b\nb:" + text +
        "\n\u00e4\u20ac\U0001f600:x\nc:d\ne:f\ng:h\ni:j\nk:l\nm:n\no:p\n")
    put("fuzz_passwd", "users-mixed", "a:b\nc\n")
    put("fuzz_passwd", "users-twice", "a:b\na:c\n")
    put("fuzz_passwd", "empty", "# nothing\n")
    put("fuzz_passwd", "nul", b"a\0b")
    put("fuzz_passwd", "no-user", ":b")
    put("fuzz_passwd", "long-user", "u" * 257 + ":b")
    put("fuzz_passwd", "long-password", "x" * 1025)
    put("fuzz_passwd", "blank-end", "x ")
    for i, end in enumerate((b"\x01", b"\x7f", b"\x80", b"\xc2\x85", b"\xc3(",
                             b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xff",
                             b"\xf4\x90\x80\x80", b"\xf1\x80")):
        put("fuzz_passwd", "not-text-%d" % i, b"x" + end)
    for i, bad in enumerate((
            text.replace("100000", "4096"), text.replace(key + ":", ""),
            text + "A", text + "*", text.replace("==$", "=$"),
            text.replace("AAAA", "A==A", 1), text.replace("000:", "000;"),
            text.replace(b64(SALT).decode(), "AA+/"))):
        put("fuzz_passwd", "not-verifier-%d" % i, "a:" + bad)
    put("fuzz_passwd", "tickets", "# t\nold 10\n bad\nx y\nw 5 6\n"
        "v 1234567890123456789\n\x01\ngood 1001 \r\nforever\n" + "l" * 257)


scram()
hosts()
passwd()

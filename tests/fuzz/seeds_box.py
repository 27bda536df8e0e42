#!/usr/bin/env python3
"""seeds_box.py FOLDER - sessions for fuzz_box, as its input has them: each a
byte of how, one of which, and 64 bits for each thing that is chosen."""
import re
import struct
import sys

text = open("client/viewer/box_wire.def").read()
text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).split("RING(")[0]
ids, fields = {}, {}
for i, m in enumerate(re.finditer(
        r"MESSAGE\((\w+), (\w+), \w+,(.*?\))\)\s", text, re.S)):
    ids[m[2]] = i
    fields[m[2]] = re.findall(r"(NUMBER|TEXT|BYTES|RECTS)\((\w+)(?:, ([^,)]+))?", m[3])


def word(v):
    return struct.pack("<Q", v & (1 << 64) - 1)


def message(which, how=0, **values):
    out = bytes([how, ids[which]])
    for kind, field, least in fields[which]:
        if kind == "NUMBER":
            low = {"INT32_MIN": -1 << 31, "INT16_MIN": -1 << 15}.get(
                least) if least.startswith("INT") else int(least)
            out += word(4) + word(values.get(field, 0) - low)
        elif kind == "RECTS":
            out += word(0x05040302) * 16
        else:
            n = {"ORL_BOX_STATS_SIZE": 552}.get(least) or int(least)
            data = values.get(field, b"text").ljust(n, b"\0")
            out += data + (word(1) if kind == "TEXT" else b"")
    return out


screen = (message("ASK_SHEET", slot=1, width=40, height=30) +
          message("SCREEN", slot=1, id=7, width=40, height=30))


def clip(what, id=0, value=0, total=0, text=b"text/plain", how=0):
    return message("CLIP_UP", how, what=what, id=id, value=value, total=total,
                   text=text)


offer = clip(0) + clip(1, id=1, value=0)
ready = message("STATE", state=4)
seeds = {
    "picture": ready + screen + message("UPDATED", slot=1, n=3) +
    message("EXACT", slot=1, exact=1) + message("WARPED", slot=1, x=3, y=4) +
    message("REMOVED", slot=1),
    "resize": ready + screen +
    message("ASK_SHEET", slot=1, width=60, height=50) +
    message("UPDATED", slot=1, n=1) +
    message("SCREEN", slot=1, id=7, width=60, height=50) +
    message("UPDATED", slot=1, n=16),
    "login": message("STATE", state=1) + message("ASK_SOCKET") +
    message("TRUST_WANTED", verified=1, sha256=b"k" * 32) +
    message("LOGIN_WANTED") + message("RIGHTS", rights=511) +
    message("OWNER", yours=1, name=b"me \x1b[2J") +
    message("NOTICE", level=1, text=b"hello\n\xc3\xa4\xff") + ready,
    "others": message("LOCKS", locks=5) + message("RELATIVE", relative=1) +
    message("LOG", level=2, topic=b"tls", text=b"\x9b31m") +
    message("STATS", stats=b"\xff" * 552),
    "hidden": message("CURSOR"),
    "shown": message("LOCKS", how=2, locks=0) + word(256) +
    message("CURSOR", width=8, height=8) + message("CURSOR", width=8, height=8),
    "lost": ready + screen + message("STATE", state=0, error=-7 + 64) + screen,
    "raw": bytes([1, ids["UPDATED"]]) + word(1) + word(1) + word(9) * 32,
}
seeds["copied"] = (ready + offer + clip(3, id=3, value=1, total=40) +
                   clip(4, id=3, value=40, how=10) + word(40) +
                   clip(4, id=3, value=40, how=0) + clip(5, id=3))
seeds["pasted"] = (ready + clip(2, id=2) + clip(7, id=2, value=100) +
                   clip(6, id=2, value=-7, text=b"no") +
                   clip(8, value=-3, text=b"why"))
seeds["printed"] = (
    ready + message("PRINT_STARTED", job=5, printer=2, format=1, title=b"t") +
    message("PRINT_STARTED", job=6, printer=2, format=1, title=b"\x1b]") +
    message("PRINT_DATA", how=18, job=5, bytes=99) + word(400) +
    message("PRINT_DATA", job=5, bytes=99) +
    message("PRINT_DATA", job=6, bytes=99) +
    message("PRINT_FINISHED", job=5) + message("PRINT_FINISHED", job=6) +
    message("PRINT_DROPPED", job=6, reason=-4))
seeds["device"] = (
    ready + message("USB_ANSWERED", device=1, answer=1) +
    message("USB_ANSWERED", device=1, answer=0) +
    message("USB_DATA", how=26, device=1, bytes=40) + word(800) +
    message("USB_DATA", device=1, bytes=40) +
    message("USB_TAKEN", device=2, bytes=1) +
    message("USB_DETACHED", device=2, lost=0, why=b"bye"))
for name, data in seeds.items():
    open(f"{sys.argv[1]}/{name}", "wb").write(data)

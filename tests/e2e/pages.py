#!/usr/bin/env python3
"""pages.py make FILE.pdf [PAGES [WIDTH HEIGHT]] - a document whose pages differ.
pages.py same FILE.pdf FILE.pwg - are the pages of a PWG raster those of a PDF?

Each page has its number in large digits and, as black boxes, in bits. Pages are
compared as small grey pictures: what poppler makes of the PDF and what has come
out must be near each other, and nearer than to any other page.
"""
import struct
import subprocess
import sys

WIDE, HIGH = 104, 208  # of the pictures that are compared
# The mean difference of a pixel, of 255, that two programs that draw the same
# page may have at their edges; other pages have more than twice of it.
NEAR = 4


def make(path, pages=30, width=312, height=624):
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"",
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>"]
    kids = []
    for n in range(1, pages + 1):
        boxes = "".join("%d %d %d %d re f\n" % (
            width * (2 + i) / 12, height * 0.2, width / 16, height / 8)
            for i in range(8) if n >> i & 1)
        text = ("BT /F 120 Tf %d %d Td (%d) Tj ET\n"
                "%d %d %d 4 re f\n%s" % (
                    width / 5, height / 2, n, width / 6,
                    height * (0.85 - n * 0.01), width * n / pages / 2,
                    boxes)).encode()
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(text), text))
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents "
                       b"%d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
                       % (width, height, len(objects)))
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        pages, b" ".join(b"%d 0 R" % k for k in kids))
    out, places = b"%PDF-1.4\n", []
    for i, text in enumerate(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i + 1, text)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % p for p in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, xref)
    with open(path, "wb") as f:
        f.write(out)


def line_of(data, at, wide):
    """A grey line of PWG raster that begins at `at`, and where the next does."""
    out = b""
    while len(out) < wide:
        n = data[at]
        if n < 128:
            out += data[at + 1:at + 2] * (n + 1)
            at += 2
        elif n > 128:
            out += data[at + 1:at + 258 - n]
            at += 258 - n
        else:  # white to the end
            out += b"\xff" * (wide - len(out))
            at += 1
    return out[:wide], at


def pages_of(data):
    """Each page of a PWG raster, as a small portable map."""
    assert data[:4] == b"RaS2", data[:16]
    at = 4
    while at < len(data):
        head = data[at:at + 1796]
        assert head[:9] == b"PwgRaster", head[:16]
        wide, high, _, _, bits = struct.unpack(">5I", head[372:392])
        assert bits == 8, bits
        at += 1796
        lines = []
        while len(lines) < high:
            repeat = data[at] + 1
            line, at = line_of(data, at + 1, wide)
            lines += [line] * repeat
        # Every fourth dot is enough of 600 in an inch.
        lines = [line[::4] for line in lines[:high:4]]
        yield b"P5 %d %d 255\n" % (len(lines[0]), len(lines)) + b"".join(lines)


def small(picture):
    return subprocess.run(
        ["convert", "-", "-colorspace", "Gray", "-filter", "Box", "-resize",
         "%dx%d!" % (WIDE, HIGH), "-depth", "8", "gray:-"], input=picture,
        stdout=subprocess.PIPE, check=True).stdout


def drawn(path):
    run = subprocess.run(["pdftoppm", "-gray", "-r", "72", path],
                         stdout=subprocess.PIPE, check=True).stdout
    while run:
        kind, wide, high, _ = run[:40].split(None, 4)[:4]
        assert kind == b"P5", kind
        size = run.index(b"255\n") + 4 + int(wide) * int(high)
        yield small(run[:size])
        run = run[size:]


def far(a, b):
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def same(pdf, pwg):
    wanted = list(drawn(pdf))
    with open(pwg, "rb") as f:
        got = [small(p) for p in pages_of(f.read())]
    assert len(got) == len(wanted), "%d pages of %d" % (len(got), len(wanted))
    worst = 0
    for i, page in enumerate(got):
        distances = [far(page, w) for w in wanted]
        own = distances.pop(i)
        worst = max(worst, own)
        assert own < NEAR and own * 2 < min(distances, default=255), \
            "page %d: %.2f, others from %.2f" % (i + 1, own, min(distances))
    print("%d pages, each within %.2f of 255" % (len(got), worst))


if sys.argv[1] == "make":
    make(sys.argv[2], *map(int, sys.argv[3:]))
else:
    same(*sys.argv[2:])

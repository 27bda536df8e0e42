#!/usr/bin/python3
"""second.py PROTOCOL.md - the examples of PROTOCOL.md by a second program.

Written from the text of PROTOCOL.md and nothing else, so that what the text
leaves out would be noticed: the HCX section is decoded, the login and the
proofs of resumption are computed anew.
"""
import base64
import hashlib
import hmac
import re
import sys

M = 0xFFFFFFFF


def examples(text, kind):
    """The fenced blocks "golden KIND ...", as (rest of the line, lines)."""
    pattern = r"^```golden " + kind + r"\b *(.*)\n((?:.*\n)*?)```$"
    return [(m[1], m[2].splitlines())
            for m in re.finditer(pattern, text, re.M)]


def octets(lines):
    """Pairs of digits at a line's begin; what follows is for people."""
    data = b""
    for line in lines:
        pairs = re.match(r"(?:\s*[0-9a-f]{2}(?!\w))*", line)[0]
        data += bytes.fromhex(pairs)
    return data


class Range:
    def __init__(self, data):
        self.data, self.at, self.over = data, 0, 0
        self.code, self.range = 0, M
        for _ in range(4):
            self.code = self.code << 8 | self.byte()

    def byte(self):
        if self.at < len(self.data):
            self.at += 1
            return self.data[self.at - 1]
        self.over += 1
        return 0

    def bit(self, p):
        bound = self.range * p >> 16
        one = self.code >= bound
        if one:
            self.code -= bound
            self.range -= bound
        else:
            self.range = bound
        while self.range < 1 << 24:
            self.range <<= 8
            self.code = (self.code << 8 | self.byte()) & M
        return int(one)

    def done(self):
        return self.at == len(self.data) and self.over <= 4


def stir(h):
    h = h * 0x9E3779B1 & M
    h ^= h >> 15
    h = h * 0x85EBCA6B & M
    return h ^ h >> 13


def median(a, b, c):
    return sorted((a, b, c))[1]


class Hcx:
    """A decoder of one block in a canvas that is 0 around it."""

    def __init__(self, data, width, height):
        self.r = Range(data)
        self.width, self.height = width, height
        self.pairs, self.runs = {}, [0, 0, 0]
        self.tables = [{}, {}, {}]
        self.shelves, self.cache, self.history = {}, [0] * 256, 0
        self.pixels = [[0] * width for _ in range(height)]

    def bit(self, *name):
        pair = self.pairs.setdefault(name, [32768, 32768])
        quick, slow = pair
        one = self.r.bit((quick + slow) >> 1)
        if one:
            pair[0] -= quick >> 4
            pair[1] -= slow >> 7
        else:
            pair[0] += (65536 - quick) >> 4
            pair[1] += (65536 - slow) >> 7
        return one

    def tree(self, k, *name):
        m = 1
        for _ in range(k):
            m = 2 * m + self.bit(*name, m)
        return m - (1 << k)

    def at(self, x, y):
        if x < 0 or y < 0:
            return 0
        return self.pixels[y][min(x, self.width - 1)]

    def flat(self, x, y, end):
        w, f = self.at(x - 1, y), 0
        near = ((0, -1), (-1, -1), (1, -1), (2, -1), (0, -2), (1, -2),
                (0, -3))
        while x + f < end and all(
                self.at(x + f + dx, y + dy) == w for dx, dy in near):
            f += 1
        return f

    def block(self):
        was = {}
        for y in range(self.height):
            for x in range(0, self.width, 64):
                end = min(x + 64, self.width)
                near = ((x, y - 1), (x, y - 2), (x - 64, y))
                same = not self.bit(
                    "copy", *(was.get(place, False) for place in near))
                was[x, y] = same
                if same:
                    for i in range(x, end):
                        self.pixels[y][i] = self.at(i, y - 1)
                else:
                    self.segment(x, y, end)
        return self.pixels

    def segment(self, x, y, end):
        while x < end:
            f, excluded = self.flat(x, y, end), None
            if f:
                w, n = self.at(x - 1, y), f
                broken = self.bit("run_ok", f.bit_length() - 1, *self.runs)
                self.runs = self.runs[1:] + [broken]
                if broken:
                    n = 0
                    if f > 1:
                        k = (f - 1).bit_length()
                        n = min(self.tree(k, "run_at", k), f - 1)
                    excluded = w
                for i in range(n):
                    self.pixels[y][x + i] = w
                x += n
                if not broken:
                    continue
            self.pixels[y][x] = self.pixel(x, y, excluded)
            x += 1

    def entry(self, i, h):
        table, check = self.tables[i], h & 31
        empty = (0, 0, 0)
        if i == 2:
            place = h >> 17
        else:
            place = h >> 15
            one = table.get(place, empty)
            two = table.get(place ^ 1, empty)
            if one[0] != check and (two[0] == check or two[1] < one[1]):
                place ^= 1
        found = table.get(place, empty)
        return place, found, found[0] == check

    def learn(self, i, h, place, found, known, colour):
        check, confidence, old = found
        if known and old == colour:
            found = (check, min(confidence + 1, 7), old)
        elif confidence > 1 and (known or i < 2):
            found = (check, confidence // 2, old)
        else:
            found = (h & 31, 0, colour)
        self.tables[i][place] = found

    def pixel(self, x, y, excluded):
        def p(dx, dy):
            return self.at(x + dx, y + dy)
        w, n, nw, ne = p(-1, 0), p(0, -1), p(-1, -1), p(1, -1)
        h3 = w * 0x9E3779B1 + n * 0x85EBCA77 + nw * 0xC2B2AE3D
        h4 = h3 + ne * 0x27D4EB2F
        h6 = h4 + p(-2, 0) * 0x165667B1 + p(0, -2) * 0xD6E8FEB9
        h16 = (h6 + p(-3, 0) * 0x8CB92BA7 + p(-2, -1) * 0x2545F491 +
               p(2, -1) * 0xA0761D65 + p(-2, -2) * 0xE7037ED1 +
               p(-1, -2) * 0x8EBC6AF1 + p(1, -2) * 0x589965CD +
               p(2, -2) * 0x1D8E4E27 + p(-1, -3) * 0xEB44ACCB +
               p(0, -3) * 0x94D049BB + p(1, -3) * 0xBF58476D)
        hashes = [stir(h16 & M), stir(h6 & M), stir(h4 & M)]
        place3 = stir(h3 & M) >> 19
        green = [c >> 8 & 255 for c in (w, n, nw)]
        d = abs(green[0] - green[2]) + abs(green[1] - green[2])
        busy = sum(limit < d for limit in (1, 4, 10, 20, 40))
        half, recent = (busy + 1) // 2, self.history & 3

        found, guess, sure = [], [], []
        for i in range(3):
            found.append(self.entry(i, hashes[i]))
            _, (_, confidence, colour), known = found[i]
            sure.append(confidence if known else 0)
            guess.append(colour if known and colour != excluded else None)

        v, novel, tried, shelf_place = None, 0, 0, None
        if recent == 3:
            novel = self.bit("novel", half, self.history >> 2 & 15)
        if not novel:
            v, tried = self.hit(guess, sure, w, n, nw, excluded, half, recent)
        shelf = self.shelves.setdefault(place3, [None] * 6)
        if v is None and not novel:
            failed = 0
            for j in range(6):
                s = shelf[j]
                if s is None or s in (excluded, w, n) or s in guess:
                    continue
                if not self.bit("shelved", failed, j, tried, w == n, recent):
                    v, shelf_place = s, j
                    break
                failed = min(failed + 1, 3)
            if v is None:
                shelf_place = 5
        elif novel:
            shelf_place = 5
        if v is None:
            v = self.colour(w, n, nw, recent, busy)
        if shelf_place is not None:
            del shelf[shelf_place]
            shelf.insert(0, v)
        self.history = (self.history << 1 | (shelf_place is not None)) & M

        for i in range(3):
            known = found[i][2]
            if i == 2 or novel or known or guess[i + 1] != v or \
                    sure[i + 1] == 0:
                self.learn(i, hashes[i], *found[i], v)
        return v

    def hit(self, guess, sure, w, n, nw, excluded, half, recent):
        tried = 0
        for i, g in enumerate(guess):
            if g is None or g in guess[:i]:
                continue
            agreement = 0
            for j in range(i + 1, 3):
                if guess[j] is None:
                    continue
                if guess[j] == g:
                    agreement = 1 + (sure[j] > 2) + \
                        (sure[j] > 5 and j == i + 1)
                else:
                    agreement = 4 + (sure[j] > 2)
                break
            if not self.bit("hit", i, sure[i], agreement,
                            (g == w) + 2 * (g == n)):
                return g, tried
            tried += 1
        if w != excluded and w not in guess and not self.bit(
                "west", tried, recent, half, n == nw):
            return w, tried
        if n not in (w, excluded) and n not in guess and not self.bit(
                "north", tried, recent, half, w == nw):
            return n, tried
        return None, tried

    def colour(self, w, n, nw, recent, busy):
        if not self.bit("miss", w == n, n == nw, recent, busy):
            return self.cache[self.tree(8, "index")]
        v, more, context = 0, 0, busy
        for channel, shift in enumerate((8, 0, 16)):
            a, b, c = (q >> shift & 255 for q in (w, n, nw))
            guess = max(0, min(255, more + median(a, b, a + b - c)))
            d = self.tree(8, "raw", channel, context)
            value = (guess + d) & 255
            v |= value << shift
            if channel == 0:
                more = value - guess
            d = 256 - d if d > 127 else d
            context = (d > 0) + (d > 2) + (d > 7)
        self.cache[stir(v) >> 24] = v
        return v


def check_hcx(text):
    (_, rows), = examples(text, "picture hcx")
    (_, section), = examples(text, "section hcx")
    want = [[int(c, 16) for c in row.split()] for row in rows]
    hcx = Hcx(octets(section), len(want[0]), len(want))
    assert hcx.block() == want, "the HCX section is another picture"
    assert hcx.r.done(), "the HCX section is not used up"


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def check_scram(text):
    (_, lines), = examples(text, "scram")
    first, challenge, final, last = lines
    bare = first.split(",,", 1)[1]
    without = final.rsplit(",p=", 1)[0]
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", b"0123456789abcdef",
                                 100000)
    message = ",".join((bare, challenge, without)).encode()
    key = mac(salted, b"Client Key")
    sign = mac(hashlib.sha256(key).digest(), message)
    proof = bytes(a ^ b for a, b in zip(key, sign))
    assert final == without + ",p=" + base64.b64encode(proof).decode()
    own = mac(mac(salted, b"Server Key"), message)
    assert last == "v=" + base64.b64encode(own).decode()
    bound = b"p=tls-exporter,," + bytes(range(32))
    assert without.startswith("c=" + base64.b64encode(bound).decode() + ",r=")
    assert first.endswith("h=" + base64.b64encode(
        bytes(range(0xA0, 0xC0))).decode())


def check_proof(text):
    (_, lines), = examples(text, "proof")
    v = {name: bytes.fromhex(data) for name, data in map(str.split, lines)}
    for end in ("client", "server"):
        label = b"oriel resume " + end.encode()
        assert mac(v["key"], label + v["exporter"] + v["transcript"]) == \
            v[end], end


def check_transcript(text):
    bodies = {name: octets(lines)[1:]
              for name, lines in examples(text, "message")
              if name.endswith("_hello")}
    (_, lines), = examples(text, "transcript")
    assert hashlib.sha256(b"\1\0" + bodies["client_hello"] + b"\2\0" +
                          bodies["server_hello"]).digest() == octets(lines)


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    for check in (check_scram, check_proof, check_transcript, check_hcx):
        check(text)


main()

#!/usr/bin/env python3
"""seeds_ipp.py - write the corpus of fuzz_ipp.

Run in the tree's root. It makes IPP of its own, so that the seeds were not
made by the library that reads them.
"""
import gzip
import os
import struct

CHARSET, LANGUAGE, URI, NAME, KEYWORD = 0x47, 0x48, 0x45, 0x42, 0x44
MIME, INTEGER, ENUM, BOOLEAN, RANGE = 0x49, 0x21, 0x23, 0x22, 0x33
RESOLUTION, OPERATION, JOB, END = 0x32, 1, 2, 3
PRINT_JOB, VALIDATE, CREATE, SEND, CANCEL = 2, 4, 5, 6, 8
GET_JOB, GET_JOBS, GET_PRINTER, MY_JOBS, CLOSE, IDENTIFY = (
    9, 10, 11, 0x39, 0x3B, 0x3C)


def put(name, *parts):
    folder = "tests/fuzz/corpus/fuzz_ipp"
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/" + name, "wb") as f:
        f.write(b"".join(parts))


def attr(tag, name, *values):
    out = b""
    for value in values:
        if isinstance(value, bool):
            value = struct.pack("B", value)
        elif isinstance(value, int):
            value = struct.pack(">i", value)
        elif isinstance(value, str):
            value = value.encode()
        out += struct.pack(">BH", tag, len(name)) + name.encode()
        out += struct.pack(">H", len(value)) + value
        name = ""
    return out


def size(x, y):
    """media-col of that size."""
    def member(name, tag, value):
        return attr(0x4A, "", name) + attr(tag, "", value)
    return (attr(0x34, "media-col", b"") + member("media-size", 0x34, b"") +
            member("x-dimension", INTEGER, x) +
            member("y-dimension", INTEGER, y) +
            attr(0x37, "", b"") + attr(0x37, "", b""))


def ipp(operation, more=b"", job=b"", uri="ipp://h/secret/q", version=b"\2\0"):
    return (version + struct.pack(">HIB", operation, 1, OPERATION) +
            attr(CHARSET, "attributes-charset", "utf-8") +
            attr(LANGUAGE, "attributes-natural-language", "en") +
            attr(URI, "printer-uri", uri) + more +
            (bytes([JOB]) + job if job else b"") + bytes([END]))


def post(body, path="/secret/q", head="", chunked=False):
    how = ("Transfer-Encoding: chunked" if chunked
           else "Content-Length: %d" % len(body))
    if chunked:
        body = b"".join(b"%x\r\n" % len(p) + p + b"\r\n" for p in
                        (body[i:i + 100] for i in range(0, len(body), 100)))
        body += b"0\r\n\r\n"
    return (f"POST {path} HTTP/1.1\r\nHost: h:1\r\n{head}"
            f"Content-Type: application/ipp\r\n{how}\r\n\r\n").encode() + body


JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.4\n" + bytes(30)
jpeg = attr(MIME, "document-format", "image/jpeg")
title = attr(NAME, "requesting-user-name", "ann") + attr(
    NAME, "job-name", "../\u202e\x1b[2J`x`")
job1 = attr(INTEGER, "job-id", 1)
last = attr(BOOLEAN, "last-document", True)
wishes = (attr(INTEGER, "copies", 3) + attr(KEYWORD, "media", "iso_a4_210x297mm")
          + attr(KEYWORD, "print-color-mode", "monochrome")
          + attr(KEYWORD, "sides", "two-sided-long-edge")
          + attr(ENUM, "print-quality", 4)
          + attr(RESOLUTION, "printer-resolution", struct.pack(">iiB", 600, 600, 3))
          + attr(RANGE, "page-ranges", struct.pack(">ii", 2, 7)))
strict = attr(BOOLEAN, "ipp-attribute-fidelity", True)

put("print", post(ipp(PRINT_JOB, title + jpeg, wishes) + JPEG))
put("print-chunked", post(ipp(PRINT_JOB, title + jpeg) + JPEG, chunked=True))
put("print-gzip", post(ipp(PRINT_JOB, jpeg + attr(KEYWORD, "compression", "gzip"))
                       + gzip.compress(JPEG * 50, mtime=0)))
put("print-sensed", post(ipp(PRINT_JOB) + PDF), post(
    ipp(PRINT_JOB, attr(MIME, "document-format", "application/octet-stream"))
    + b"RaS2" + bytes(9)), post(ipp(PRINT_JOB) + b"hello, printer"))
put("print-empty", post(ipp(PRINT_JOB, jpeg)),
    post(ipp(PRINT_JOB, jpeg), chunked=True))
put("print-large", post(ipp(PRINT_JOB) + PDF * 1000))
put("print-cut", post(ipp(PRINT_JOB) + PDF)[:-9])
put("media-col", post(ipp(VALIDATE, strict, size(12345, 23456))),
    post(ipp(VALIDATE, strict, size(5, -1))), post(ipp(VALIDATE, b"", size(1, 1))))
for name, bad in (("copies", attr(INTEGER, "copies", 1000)),
                  ("media", attr(KEYWORD, "media", "x" * 200)),
                  ("colour", attr(KEYWORD, "print-color-mode", "gold")),
                  ("sides", attr(KEYWORD, "sides", "two-sided-short-edge")),
                  ("quality", attr(ENUM, "print-quality", 9)),
                  ("pages", attr(RANGE, "page-ranges", struct.pack(">ii", 2, 3),
                                 struct.pack(">ii", 5, 6)))):
    put("strict-" + name, post(ipp(VALIDATE, strict, bad)))
put("formats", post(ipp(VALIDATE, attr(MIME, "document-format", "text/plain"))),
    post(ipp(VALIDATE, attr(KEYWORD, "compression", "lzma"))),
    post(ipp(VALIDATE, jpeg + attr(KEYWORD, "compression", "gzip"))))
put("steps", post(ipp(CREATE, title)), post(ipp(GET_JOB, job1)),
    post(ipp(SEND, job1 + last + jpeg) + JPEG), post(ipp(GET_JOB, job1)),
    post(ipp(SEND, job1 + last + jpeg) + JPEG), post(ipp(CANCEL, job1)))
put("steps-wrong", post(ipp(SEND, job1 + last)), post(ipp(CREATE)),
    post(ipp(SEND, job1) + JPEG), post(ipp(SEND, job1 + last)),
    post(ipp(SEND, job1 + last + attr(MIME, "document-format", "a/b")) + JPEG),
    post(ipp(CLOSE, job1)), post(ipp(CLOSE)))
put("cancel", post(ipp(CREATE, title)), post(ipp(CANCEL, job1)),
    post(ipp(CREATE, title)), post(ipp(MY_JOBS, title)),
    post(ipp(GET_JOBS, attr(KEYWORD, "which-jobs", "completed"))))
put("job-uri", post(ipp(CREATE)), post(ipp(GET_JOB, attr(
    URI, "job-uri", "ipp://h/secret/q/1"))), post(ipp(GET_JOB, attr(
        URI, "job-uri", "none"))), post(ipp(GET_JOB, attr(INTEGER, "job-id", -7))))
put("jobs", post(ipp(PRINT_JOB, title) + PDF), post(ipp(CREATE)), post(ipp(
    GET_JOBS, attr(KEYWORD, "which-jobs", "all") + attr(
        KEYWORD, "requested-attributes", "all") + attr(INTEGER, "limit", 1))),
    post(ipp(GET_JOBS, attr(BOOLEAN, "my-jobs", True) + title)),
    post(ipp(GET_JOBS, attr(KEYWORD, "which-jobs", "some"))))
put("printer", post(ipp(GET_PRINTER)), post(ipp(GET_PRINTER, attr(
    KEYWORD, "requested-attributes", "media-col-database", "printer-state")),
    path="/secret"), post(ipp(IDENTIFY)), post(ipp(0x4000)))
put("gone", post(ipp(GET_PRINTER), path="/secret/gone"),
    post(ipp(GET_JOBS), path="/secret/gone"))
put("other", post(ipp(PRINT_JOB) + PDF, path="/secret/r"))
put("version", post(ipp(GET_PRINTER, version=b"\1\1")),
    post(ipp(GET_PRINTER, version=b"\3\0")))
put("charset", post(ipp(GET_PRINTER).replace(b"utf-8", b"utf-7")))
put("order", post(ipp(GET_PRINTER).replace(b"attributes-charset",
                                           b"attributes-cherset")))
put("no-uri", post(ipp(GET_PRINTER).replace(b"printer-uri", b"printer-url")))
put("number", post(b"\2\0\0\x0b\0\0\0\0\1\3"))
put("expect", post(ipp(GET_PRINTER), head="Expect: 100-continue\r\n"))
put("path", post(ipp(GET_PRINTER), path="/secre7/q"))
put("path-long", post(ipp(GET_PRINTER), path="/secret/" + "q" * 60))
put("path-other", post(ipp(GET_PRINTER), path="/secretq"))
put("get", b"GET /secret/q HTTP/1.1\r\nHost: h\r\n\r\n")
put("type", post(ipp(GET_PRINTER)).replace(b"application/ipp", b"text/plain"))
put("host", post(ipp(GET_PRINTER)).replace(b"h:1", b"<a>"))
put("method", b"BREW / HTTP/1.1\r\n\r\n")
put("malformed", post(b"\2\0\0\2\0\0\0\1\1\x47\xff\xff" + bytes(20)))
put("deep", post(b"\2\0\0\2\0\0\0\1\1" + (attr(0x34, "c", b"") + attr(
    0x4A, "", "m")) * 40))

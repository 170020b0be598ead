"""Requests whose end, length or target could be read in two ways, with the verdict of RFC 9112 and RFC 9110 on each.

Where a front and an app server disagree about the end of a request, a visitor can put a request into the
connection of another visitor ("request smuggling"). Each probe is sent with a second, harmless request behind it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Verdict = Literal["refuse", "serve", "either"]
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"
"""A request inside a body: no server may answer it."""
SECOND = b"GET /second HTTP/1.1\r\nHost: shop.test\r\n\r\n"
"""A request that follows another one on the connection."""
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
EMPTY = b"0\r\n\r\n"


class Probe(NamedTuple):
    """The bytes of one or several requests."""

    name: str
    rule: str
    data: bytes
    verdict: Verdict
    """`refuse`: an error status or no answer, and the connection ends. `serve`: every request is answered.
    `either`: the RFC leaves the choice, and one of the two must be done completely."""
    seen: tuple[str, ...] = ()
    """The well-formed requests in it, as the app writes them down; of a refused probe, those before the bad one."""
    unseen: int = 0
    """Well-formed requests that are answered without the app: static files."""
    half_close: bool = False
    """The client half-closes the connection after the data."""


def _post(name: str, rule: str, lines: bytes, body: bytes, verdict: Verdict, *seen: str) -> Probe:
    """Return a POST with these header lines (each with its line end) and this data after the head."""
    head = b"POST /echo HTTP/1.1\r\nHost: shop.test\r\n" + lines + b"\r\n"
    return Probe(name, rule, head + body, verdict, seen)


def _chunks(name: str, rule: str, body: bytes, verdict: Verdict, *seen: str) -> Probe:
    return _post(f"chunks: {name}", rule, b"Transfer-Encoding: chunked\r\n", body, verdict, *seen)


def _get(name: str, rule: str, data: bytes, verdict: Verdict, *seen: str) -> Probe:
    return Probe(name, rule, data, verdict, seen)


ONE_BODY = "POST /echo 5"
NO_BODY = "POST /echo 0"
GOT_SECOND = "GET /second 0"
_HOST = b"Host: shop.test\r\n\r\n"

LENGTHS = (
    _post("CL.TE", "9112 6.3: both fields ought to be an error", b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(SMUGGLED)), EMPTY + SMUGGLED, "refuse"),
    _post("TE.CL", "9112 6.3", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n" + EMPTY, "refuse"),
    _post("CL.TE with the length 0", "9112 6.3", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", EMPTY + SMUGGLED, "refuse"),
    _post("TE.CL in other case", "9112 6.3, 9110 5.1", b"tRANSFER-eNCODING: CHUNKED\r\ncONTENT-lENGTH: 3\r\n", HELLO + SMUGGLED, "refuse"),
    _post("two equal lengths", "9110 8.6: refuse or take them for one", b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello", "either", ONE_BODY),
    _post("two lengths", "9112 6.3", b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello!" + SMUGGLED, "refuse"),
    _post("two lengths, 0 first", "9112 6.3", b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(SMUGGLED), SMUGGLED, "refuse"),
    _post("list of equal lengths", "9110 8.6", b"Content-Length: 5, 5\r\n", b"hello", "either", ONE_BODY),
    _post("list of lengths", "9112 6.3", b"Content-Length: 5, 6\r\n", b"hello!" + SMUGGLED, "refuse"),
    _post("list with an empty member", "9110 8.6", b"Content-Length: 5,\r\n", b"hello" + SMUGGLED, "refuse"),
    *(
        _post(f"length {value!r}", "9110 8.6: 1*DIGIT", b"Content-Length: " + value + b"\r\n", b"hello" + SMUGGLED, "refuse")
        for value in (b"+5", b"-5", b"0x5", b"5 5", b"5.0", b"5e0", b"\x0b5", b"5\x0c", b"'5'", b'"5"', b"5;q=1", b"five", b"5_0", b"\xc2\xb2", b"5\x00", b"")
    ),
    *(
        _post(f"length {value.decode()}", "9110 8.6: guard against overflow", b"Content-Length: %b\r\n" % value, b"hello" + SMUGGLED, "refuse")
        for value in (b"4294967301", b"9223372036854775808", b"18446744073709551621", b"9" * 40)
    ),
    _post("length with leading zeros", "9110 8.6: 1*DIGIT", b"Content-Length: 0005\r\n", b"hello", "either", ONE_BODY),
    _post("length between blanks", "9110 5.5: OWS", b"Content-Length: \t 5 \t\r\n", b"hello", "either", ONE_BODY),
    _post("length 0, then a request", "9112 6.3", b"Content-Length: 0\r\n", SECOND, "serve", NO_BODY, GOT_SECOND),
    _post("no length, then a request", "9112 6.3: the body is empty", b"", SECOND, "serve", NO_BODY, GOT_SECOND),
    _post("length with an underscore", "9110 5.1: another field", b"Content_Length: %d\r\n" % len(SECOND), SECOND, "either", NO_BODY, GOT_SECOND),
    _post("blank before the colon", "9112 5.1: 400", b"Content-Length : %d\r\n" % len(SMUGGLED), SMUGGLED, "refuse"),
    _post("tab before the colon", "9112 5.1: 400", b"Content-Length\t: %d\r\n" % len(SMUGGLED), SMUGGLED, "refuse"),
    _post("folded field", "9112 5.2: 400 or blanks", b"X: a\r\n Content-Length: %d\r\n" % len(SECOND), SECOND, "either", NO_BODY, GOT_SECOND),
    _post("folded length", "9112 5.2: 400 or blanks", b"Content-Length:\r\n 5\r\n", b"hello", "either", ONE_BODY),
    _get("blank line start after the request line", "9112 2.2: refuse or ignore", b"POST /echo HTTP/1.1\r\n Content-Length: 40\r\n" + _HOST + SMUGGLED, "refuse"),
    _post("NUL in a field name", "9110 5.1", b"Content-Length\x00: 5\r\n", b"hello" + SMUGGLED, "refuse"),
    _post("field without a colon", "9112 5", b"Content-Length 5\r\n", b"hello" + SMUGGLED, "refuse"),
    _post("field without a name", "9112 5", b": 5\r\n", SMUGGLED, "refuse"),
)  # fmt: skip

CODINGS = (
    *(
        _post(f"coding {value!r}", "9112 6.1, 6.3: 400 or 501", b"Transfer-Encoding: " + value + b"\r\n", EMPTY + SMUGGLED, "refuse")
        for value in (b"xchunked", b"chunkedx", b"\x0bchunked", b"chunked\x0b", b"\x00chunked", b"chunked\x00", b'"chunked"', b"chunked, identity", b"chunked, chunked", b"gzip, chunked", b"identity", b"gzip", b"chunked;q=1", b"chu\rnked", b"cow", b"\xa0chunked")
    ),
    _post("chunked twice", "9112 6.1: MUST NOT more than once", b"Transfer-Encoding: chunked\r\n" * 2, EMPTY + SMUGGLED, "refuse"),
    _post("chunked, then another coding", "9112 6.3", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", EMPTY + SMUGGLED, "refuse"),
    _post("another coding, then chunked", "9112 6.1", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", EMPTY + SMUGGLED, "refuse"),
    _post("identity, chunked", "9112 7: unknown coding", b"Transfer-Encoding: identity, chunked\r\n", EMPTY, "either", NO_BODY),
    _post("empty coding", "9112 6.1", b"Transfer-Encoding: \r\n", EMPTY + SMUGGLED, "refuse"),
    _post("coding after a tab", "9110 5.5: OWS", b"Transfer-Encoding:\tchunked\r\n", HELLO, "either", ONE_BODY),
    _post("coding before a blank", "9110 5.5: OWS", b"Transfer-Encoding: chunked \r\n", HELLO, "either", ONE_BODY),
    _post("coding in mixed case", "9112 7: case-insensitive", b"transfer-ENCODING: cHuNkEd\r\n", HELLO, "serve", ONE_BODY),
    _post("coding with an underscore", "9110 5.1: another field", b"Transfer_Encoding: chunked\r\n", SECOND, "either", NO_BODY, GOT_SECOND),
    _post("coding, blank before the colon", "9112 5.1: 400", b"Transfer-Encoding : chunked\r\n", EMPTY + SMUGGLED, "refuse"),
    _post("folded coding", "9112 5.2: 400 or blanks", b"Transfer-Encoding:\r\n chunked\r\n", HELLO, "either", ONE_BODY),
    _post("coding in the value of another field by a bare CR", "9112 2.2", b"X: y\rTransfer-Encoding: chunked\r\n", EMPTY + SMUGGLED, "refuse"),
    _post("coding after a bare LF", "9112 2.2: LF may end a line", b"X: y\nTransfer-Encoding: chunked\r\n", HELLO, "either", ONE_BODY),
    _get("chunked in HTTP/1.0", "9112 6.1: faulty", b"POST /echo HTTP/1.0\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO + SMUGGLED, "refuse"),
    _get("CL.TE in HTTP/1.0 kept alive", "9112 6.3", b"POST /echo HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (5 + len(SMUGGLED)) + EMPTY + SMUGGLED, "refuse"),
)  # fmt: skip

_BIG = b"%x\r\n%b\r\n" % (2**20, b"x" * 2**20)
CHUNKS = (
    _chunks("well-formed", "9112 7.1", HELLO, "serve", ONE_BODY),
    _chunks("empty", "9112 7.1", EMPTY, "serve", NO_BODY),
    _chunks("one byte each", "9112 7.1", b"1\r\nx\r\n" * 2000 + EMPTY, "serve", "POST /echo 2000"),
    _chunks("4 MB", "9112 7.1", _BIG * 4 + EMPTY, "serve", f"POST /echo {4 * 2**20}"),
    _chunks("size in capitals", "9112 7.1: HEXDIG", b"A\r\n0123456789\r\n" + EMPTY, "serve", "POST /echo 10"),
    _chunks("extension", "9112 7.1.1: ignore", b"5;a=b\r\nhello\r\n" + EMPTY, "serve", ONE_BODY),
    _chunks("2000 extensions", "9112 7.1.1: limit them", b"1;a=b\r\nx\r\n" * 2000 + EMPTY, "either", "POST /echo 2000"),
    _chunks("extension of 100 KB", "9112 7.1.1: limit them", b"5;" + b"a" * 100_000 + b"\r\nhello\r\n" + EMPTY, "either", ONE_BODY),
    _chunks("extension with a quoted line end", "9112 7.1.1", b'5;a="\r\n"\r\nhello\r\n' + EMPTY + SMUGGLED, "refuse"),
    _chunks("extension with a bare LF", "9112 7.1.1", b"5;a\nhello\r\n" + EMPTY, "either", ONE_BODY),
    _chunks("bare LF", "9112 7.1", b"5\nhello\n0\n\n", "either", ONE_BODY),
    _chunks("size before a blank", "9112 7.1", b"5 \r\nhello\r\n" + EMPTY, "either", ONE_BODY),
    _chunks("size after a blank", "9112 7.1", b" 5\r\nhello\r\n" + EMPTY + SMUGGLED, "refuse"),
    *(
        _chunks(f"size {size!r}", "9112 7.1: 1*HEXDIG", size + b"\r\nhello\r\n" + EMPTY + SMUGGLED, "refuse")
        for size in (b"0x5", b"-5", b"+5", b"5_0", b"g", b"", b"\x005", b"5.0", b"'5'", b"\xef\xbc\x95")
    ),
    *(
        _chunks(f"size {size.decode()}", "9112 7.1: guard against overflow", size + b"\r\nhello\r\n" + EMPTY + SMUGGLED, "refuse")
        for size in (b"100000005", b"7fffffffffffffff", b"8000000000000005", b"ffffffffffffffff5", b"f" * 60)
    ),
    _chunks("size with leading zeros", "9112 7.1: 1*HEXDIG", b"0" * 20 + b"5\r\nhello\r\n" + EMPTY, "either", ONE_BODY),
    _chunks("data longer than its size", "9112 7.1", b"5\r\nhelloX\r\n" + EMPTY + SMUGGLED, "refuse"),
    _chunks("CR as the last byte of the data, then LF", "9112 7.1: nginx 1.22 ends the chunk here", b"6\r\nhello\r\n" + EMPTY, "either", "POST /echo 6"),
    _chunks("data shorter than its size", "9112 7.1", b"8\r\nhello\r\n" + EMPTY + SMUGGLED, "refuse"),
    _chunks("no line end after the data", "9112 7.1", b"5\r\nhello0\r\n\r\n" + SMUGGLED, "refuse"),
    _chunks("one more empty line", "9112 2.2: ignore one", HELLO + b"\r\n", "either", ONE_BODY),
    _chunks("trailers", "9112 7.1.2", b"5\r\nhello\r\n0\r\nX-Real-Ip: 6.6.6.6\r\nContent-Length: 3\r\nHost: evil.test\r\n\r\n", "either", ONE_BODY),
    _chunks("20,000 trailers", "9112 7.1.2", b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", "either", ONE_BODY),
)  # fmt: skip

CUT = (
    _post("body cut short", "9112 8: incomplete", b"Content-Length: 10\r\n", b"hello", "refuse")._replace(half_close=True),
    _chunks("cut within data", "9112 8: incomplete", b"5\r\nhe", "refuse")._replace(half_close=True),
    _chunks("cut before the last chunk", "9112 8: incomplete", b"5\r\nhello\r\n", "refuse")._replace(half_close=True),
    _get("head cut short", "9112 8", b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n", "refuse")._replace(half_close=True),
    _get("nothing at all", "9112 3", b"", "refuse")._replace(half_close=True),
)  # fmt: skip

_GET = b"GET /echo HTTP/1.1\r\nHost: shop.test\r\n"
_CSS = b" /static/site.css HTTP/1.1\r\nHost: shop.test\r\n"
PIPELINES = (
    _get("100 requests", "9112 9.3.2", (_GET + b"\r\n") * 100, "serve", *["GET /echo 0"] * 100),
    _get("GET with a body", "9110 9.3.1", _GET + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, "serve", f"GET /echo {len(SMUGGLED)}"),
    _get("GET with chunks", "9110 9.3.1", _GET + b"Transfer-Encoding: chunked\r\n\r\n" + HELLO, "serve", "GET /echo 5"),
    _get("DELETE with a body", "9110 9.3.5", b"DELETE /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello", "serve", "DELETE /echo 5"),
    _get("HEAD with a body", "9110 9.3.2", b"HEAD /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, "serve", f"HEAD /echo {len(SMUGGLED)}"),
    _get("OPTIONS with a body", "9110 9.3.7", b"OPTIONS /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello", "serve", "OPTIONS /echo 5"),
    _get("a static file with a body", "9110 9.3.1", b"GET" + _CSS + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, "serve")._replace(unseen=1),
    _get("a static file with chunks", "9110 9.3.1", b"GET" + _CSS + b"Transfer-Encoding: chunked\r\n\r\n" + HELLO, "serve")._replace(unseen=1),
    _get("POST of a static file", "9110 15.5.6", b"POST" + _CSS + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, "serve", f"POST /static/site.css {len(SMUGGLED)}"),
    _post("a body that the app does not read", "9112 9.3: read or close", b"", b"", "either")._replace(
        data=b"POST /unread HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n\r\n" % (1000 * len(SMUGGLED)) + SMUGGLED * 1000, seen=("POST /unread",)),
    _post("chunks that the app does not read", "9112 9.3: read or close", b"", b"", "either")._replace(
        data=b"POST /unread HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (1000 * len(SMUGGLED)) + SMUGGLED * 1000 + b"\r\n" + EMPTY, seen=("POST /unread",)),
    _get("a good request before CL.TE", "9112 6.3", _GET + b"\r\n" + LENGTHS[0].data, "refuse", "GET /echo 0"),
    _get("a good body before a bad chunk", "9112 7.1", CHUNKS[0].data + b"POST /echo HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n" + EMPTY + SMUGGLED, "refuse", ONE_BODY),
    _post("a length beyond max_body", "9110 15.5.14", b"Content-Length: 99999999\r\n", SMUGGLED, "refuse"),
    _post("an unknown expectation", "9110 10.1.1: ignore or 417", b"Expect: banana\r\nContent-Length: 5\r\n", b"hello", "either", ONE_BODY),
    _get("an upgrade to HTTP/2", "9110 7.8: ignore", _GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", "serve", "GET /echo 0"),
    _get("an upgrade to TLS", "9110 7.8: ignore", _GET + b"Connection: upgrade\r\nUpgrade: TLS/1.3\r\n\r\n", "serve", "GET /echo 0"),
    _get("connection options that name other fields", "9110 7.6.1", _GET + b"Connection: Content-Length, Host, X-Request-ID\r\nContent-Length: 5\r\n\r\nhello", "serve", "GET /echo 5"),
)  # fmt: skip

REQUEST_LINES = (
    _get("HTTP/0.9", "9112 2.3: no version", b"GET /smuggled\r\n", "refuse"),
    _get("HTTP/0.9 of a static file", "9112 2.3", b"GET /static/site.css\r\n", "refuse"),
    *(
        _get(f"version {version!r}", "9112 2.3, 9110 15.6.6", b"GET /smuggled " + version + b"\r\n" + _HOST, "refuse")
        for version in (b"HTTP/2.0", b"HTTP/3", b"HTTP/9.9", b"HTTP/11.1", b"HTTP/1.", b"HTTP/.1", b"HTTP/1", b"http/1.1", b"HTTP/1.1x", b"HTTP/1.1 HTTP/1.1", b"HTTP /1.1", b"HTTPS/1.1", b"HTTP/-1.1", b"ICY/1.1", b"HTTP/1,1", b"HTTP/1.1\x00")
    ),
    _get("version HTTP/1.2", "9110 2.5: as 1.1 or refused", b"GET /echo HTTP/1.2\r\n" + _HOST, "either", "GET /echo 0"),
    _get("a preface of HTTP/2", "9113 3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refuse"),
    _get("a hello of TLS", "9112 2.1", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300) + b"\r\n\r\n", "refuse"),
    _get("a line of the PROXY protocol", "9112 3", b"PROXY TCP4 9.9.9.9 1.1.1.1 1 2\r\n" + SMUGGLED, "refuse"),
    _get("a binary header of the PROXY protocol", "9112 3", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x09\x09\x09\x09\x01\x01\x01\x01\x00\x01\x00\x02" + SMUGGLED, "refuse"),
    _get("every byte there is", "9112 3", bytes(range(256)) * 8 + b"\r\n\r\n" + SMUGGLED, "refuse"),
    _get("a packet of the uwsgi protocol", "9112 3", b"\x00\x1d\x00\x00\x0e\x00REQUEST_METHOD\x03\x00GET\r\n\r\n" + SMUGGLED, "refuse"),
    *(
        _get(f"method {method[:20]!r}", "9110 9.1, 15.6.2", method + b" /smuggled HTTP/1.1\r\n" + _HOST, "refuse")
        for method in (b"get", b"G\x00ET", b"GE'T", b"GE T", b"(GET)", b"TRACE", b"A" * 40_000, b"\xc3\xa9")
    ),
    _get("CONNECT", "9110 9.3.6", b"CONNECT shop.test:80 HTTP/1.1\r\n" + _HOST, "refuse"),
    _get("OPTIONS *", "9112 3.2.4", b"OPTIONS * HTTP/1.1\r\n" + _HOST, "refuse"),
    *(
        _get(f"target {target!r}", "9112 3.2", b"GET " + target + b" HTTP/1.1\r\n" + _HOST, "refuse")
        for target in (b"smuggled", b"shop.test:80", b"*", b"?x", b"../smuggled", b"http:", b"ftp:/smuggled", b"")
    ),
    *(
        _get(f"path {path!r}", "9110 4.2.3, 9112 3.2", b"GET " + path + b" HTTP/1.1\r\n" + _HOST, "refuse")
        for path in (b"/../smuggled", b"/%2e%2e/smuggled", b"/%2e%2e%2fsmuggled", b"/a/../../smuggled", b"/%00", b"/a%00b", b"/%zz", b"/%", b"/%2", b"/a\x00b", b"/a\rb", b"/a b", b"/a\x01b", b"/a\x7fb")
    ),
    _get("a tab between the words", "9112 3: one blank", b"GET\t/smuggled\tHTTP/1.1\r\n" + _HOST, "refuse"),
    _get("two blanks between the words", "9112 3: may be taken as one", b"GET  /echo  HTTP/1.1\r\n" + _HOST, "either", "GET /echo 0"),
    _get("a blank before the method", "9112 3", b" GET /smuggled HTTP/1.1\r\n" + _HOST, "refuse"),
    _get("empty lines before", "9112 2.2: ignore", b"\r\n\r\nGET /echo HTTP/1.1\r\n" + _HOST, "either", "GET /echo 0"),
    _get("bare LF everywhere", "9112 2.2: LF may end a line", b"GET /echo HTTP/1.1\nHost: shop.test\n\n", "either", "GET /echo 0"),
    _get("bare CR everywhere", "9112 2.2", b"GET /smuggled HTTP/1.1\rHost: shop.test\r\r" + SMUGGLED, "refuse"),
    _get("a fragment", "9112 3.2", b"GET /echo#x HTTP/1.1\r\n" + _HOST, "either", "GET /echo 0"),
    _get("absolute form", "9112 3.2.2", b"GET http://shop.test/echo HTTP/1.1\r\n" + _HOST, "serve", "GET /echo 0"),
    _get("absolute form and a body", "9112 3.2.2", b"POST http://shop.test/echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello", "serve", ONE_BODY),
    _get("absolute form with a user", "9110 4.2.4: an error", b"GET http://u:p@shop.test/smuggled HTTP/1.1\r\n" + _HOST, "refuse"),
    _get("HTTP/1.0 kept alive", "9112 9.3", b"GET /echo HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n", "serve", "GET /echo 0"),
    _get("a header of 100 KB", "9110 5.4", b"GET /smuggled HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n" + _HOST, "refuse"),
    _get("5000 headers", "9110 5.4", b"GET /smuggled HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + _HOST, "refuse"),
    _get("a target of 100 KB", "9110 15.5.15", b"GET /" + b"u" * 100_000 + b" HTTP/1.1\r\n" + _HOST, "refuse"),
    _get("NUL in a field", "9110 5.5", b"GET /smuggled HTTP/1.1\r\nX: a\x00b\r\n" + _HOST, "refuse"),
    _get("CR in a field", "9110 5.5", b"GET /smuggled HTTP/1.1\r\nX: a\rb\r\n" + _HOST, "refuse"),
)  # fmt: skip

NO_HOST = (
    _get("no host", "9112 3.2: 400", b"GET /smuggled HTTP/1.1\r\n\r\n", "refuse"),
    _get("two hosts", "9112 3.2: 400", b"GET /smuggled HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", "refuse"),
    _get("one host twice", "9112 3.2: 400", b"GET /smuggled HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n", "refuse"),
    _get("a host on a folded line", "9112 5.2", b"GET /smuggled HTTP/1.1\r\nHost: a.test\r\n b.test\r\n\r\n", "refuse"),
    _get("an empty host with another one behind it", "9112 3.2", b"GET /smuggled HTTP/1.1\r\nHost:\r\nHost: b.test\r\n\r\n", "refuse"),
)  # fmt: skip

PROBES = (*LENGTHS, *CODINGS, *CHUNKS, *CUT, *PIPELINES, *REQUEST_LINES, *NO_HOST)

HOSTS = (
    b"", b"shop.test", b"SHOP.TEST:80", b"shop.test.", b"shop.test:", b"shop.test:99999", b"shop.test:00000080", b"shop.test:1e3",
    b"shop.test:+80", b"shop.test: 80", b"shop.test:80:80", b"shop.test:abc", b"a b", b"a@b", b"evil.test:80@shop.test", b"a/b", b"a\\b", b"a?b",
    b"a#b", b"a,b", b"a;b", b"a\tb", b"a\x00b", b'a"b', b"<script>", b"a%00b", b"a%2fb", b"..", b".", b"*", b"$host", b"a_b", b"-a",
    b"[::1]", b"[::1", b"[::1]:80", b"::1", b"1.2.3.4.5", b"127.0.0.1:28450 x", b"unix:/x", b"\xc3\xa9.test", b"h" * 20_000, b"shop.test\x0b",
)  # fmt: skip
"""Values of the Host field, good ones and tricks (RFC 9112 3.2, RFC 3986 3.2)."""

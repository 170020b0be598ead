"""What encoding a text is in that is not UTF-8, and how to make it UTF-8."""

from __future__ import annotations

import codecs
import shlex

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_LOOKED_AT_BYTES = 65536


def likely_encoding(data: bytes) -> str:
    """Return the likely encoding of bytes that are not UTF-8 text, as iconv calls it.

    Empty when none is likely.
    CP949 is what Windows in Korean writes, and holds all of EUC-KR.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    start = data[:_LOOKED_AT_BYTES]
    if b"\0" in start:
        # Latin letters in UTF-16 have a zero byte each, on one side.
        first, second = start[::2].count(0), start[1::2].count(0)
        if max(first, second) < max(2, len(start) // 8) or min(first, second) * 4 > max(first, second):
            return ""
        return "UTF-16LE" if second > first else "UTF-16BE"
    return "CP949" if _is_korean(data) else ""


def _is_korean(data: bytes) -> bool:
    """Return True when the bytes read as CP949 show Hangul, and hardly anything else beyond ASCII."""
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return False
    beyond = [sign for sign in text if sign > "\x7f"]
    return 2 * sum("가" <= sign <= "힣" for sign in beyond) > len(beyond)


class NotUtf8(ValueError):
    """The problem with a file that is not UTF-8 text, in words that follow its name, with the line and the cure."""

    def __init__(self, problem: str, cure: str, line: int) -> None:
        super().__init__(problem)
        self.cure = cure
        self.line = line


def decode_utf8(data: bytes, path: str) -> str:
    """Return the text of the file at `path`, without the byte order mark that editors on Windows put in front.

    Raise NotUtf8, also for a zero byte, which no text has.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(data, path, error.start) from None
    if "\0" in text:
        raise not_utf8(data, path, data.index(b"\0"))
    return text


def not_utf8(data: bytes, path: str, at: int = 0) -> NotUtf8:
    """Return what the bytes are instead of UTF-8 text, with the command that converts the file at `path`."""
    encoding, line = likely_encoding(data), data.count(b"\n", 0, at) + 1
    if not encoding:
        what = "has a zero byte in it" if data[at : at + 1] == b"\0" else "is not UTF-8 text"
        return NotUtf8(what, "save the file as UTF-8 text", line)
    name, new = shlex.quote(path), shlex.quote(f"{path}.new")
    shown = "CP949 (EUC-KR)" if encoding == "CP949" else encoding
    return NotUtf8(
        f"is {shown}, not UTF-8 text",
        f"save it as UTF-8: iconv -f {encoding} -t UTF-8 {name} > {new} && mv {new} {name}",
        line,
    )

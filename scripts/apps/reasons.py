"""The named reasons why an answer of enuf differs: each explained in docs/en/explain/differences.md."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

import msgspec
from scripts.apps.compare import BODY, STATUS, Difference

_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
}
_ETAG_OF_NGINX = re.compile(r'(W/)?"[0-9a-f]+-[0-9a-f]+"')
_ABOUT_FILES = ("accept-ranges", "cache-control", "content-disposition", "etag", "expires", "last-modified")
_OF_CONDITIONS = (STATUS, BODY, "content-length", "content-range", "content-type", "transfer-encoding")
_NUMBER = re.compile(r"[0-9a-f]{32}")


class Reason(msgspec.Struct, frozen=True):
    """One reason: its name in the table, the heading that explains it, and the differences that it explains."""

    name: str
    heading: str
    """In docs/en/explain/differences.md."""
    explains: Callable[[Difference], bool]


def explained(difference: Difference) -> str:
    """Return the name of the first reason that explains the difference; empty when none does."""
    return next((reason.name for reason in REASONS if reason.explains(difference)), "")


def _is_server_name(difference: Difference) -> bool:
    """nginx's name, or the app's own, which gunicorn replaces by its own."""
    return difference.part == "server" and difference.theirs == "gunicorn" and difference.ours != ""


def _is_request_id(difference: Difference) -> bool:
    return (
        difference.part == "x-request-id"
        and not difference.theirs
        and _NUMBER.fullmatch(difference.ours) is not None
    )


def _is_security_header(difference: Difference) -> bool:
    return not difference.theirs and _SECURITY_HEADERS.get(difference.part) == difference.ours


def _is_compression(difference: Difference) -> bool:
    """An answer that nginx compressed, or would compress for a visitor who accepts that."""
    if difference.part == "vary":
        return _is_vary_for_compression(difference.ours, difference.theirs)
    accepts = difference.ask.headers.get("Accept-Encoding", "") == "gzip"
    answer, oracle = difference.answer, difference.oracle
    if not accepts or answer.header("content-encoding") != "gzip" or oracle.header("content-encoding"):
        return False
    if difference.part == "etag":
        return difference.ours == f"W/{difference.theirs}"
    if difference.part == "accept-ranges":
        return not difference.ours  # there are no ranges of a text that is compressed on the way
    return difference.part in ("content-encoding", "content-length", "transfer-encoding")


def _is_vary_for_compression(ours: str, theirs: str) -> bool:
    """Return True where Accept-Encoding alone was added, and was not there already."""
    own, others = _names(ours), _names(theirs)
    return "accept-encoding" not in others and own == [*others, "accept-encoding"]


def _names(vary: str) -> list[str]:
    return sorted(
        (name.strip().lower() for name in re.split("[,\n]", vary) if name.strip()),
        key=lambda name: name == "accept-encoding",
    )


def _is_identity(difference: Difference) -> bool:
    """An answer with a strong ETag is marked, so that nothing on the way compresses it."""
    return (
        difference.part == "content-encoding"
        and (difference.ours, difference.theirs) == ("identity", "")
        and difference.answer.header("etag").startswith('"')
    )


def _is_framing(difference: Difference) -> bool:
    """One body, and another way to say where it ends."""
    return (
        difference.part in ("content-length", "transfer-encoding")
        and len(difference.answer.body) == len(difference.oracle.body)
        and {difference.answer.header("transfer-encoding"), difference.oracle.header("transfer-encoding")} == {"", "chunked"}
    )  # fmt: skip


def _has_dot_segments(difference: Difference) -> bool:
    """A path with `..`: nginx resolves it, so the app is asked for another one, or refuses one above the root."""
    path = unquote(difference.ask.path.split("?")[0])
    climbs = posixpath.normpath(f"root{path}").split("/")[0] != "root"
    return ".." in path.split("/") and (not climbs or difference.answer.status == "400 Bad Request")


def _is_file_of_nginx(difference: Difference) -> bool:
    """A file that nginx sent: its own validators, and ranges and conditions where the app knows none."""
    answer, oracle = difference.answer, difference.oracle
    sent = _ETAG_OF_NGINX.fullmatch(answer.header("etag")) or answer.status.startswith("416 ")
    if not sent or not oracle.status.startswith(("200 ", "206 ", "304 ", "416 ")):
        return False
    if answer.status.startswith("416 ") and difference.part in ("x-request-id", *_SECURITY_HEADERS):
        return len(set(difference.ours.split("\n"))) == 1
    if difference.part in _ABOUT_FILES:
        return True
    if difference.part == "content-type" and answer.status == oracle.status:
        return difference.ours == f"{difference.theirs}; charset=utf-8"
    # a condition or a range that one of the two obeys
    return answer.status != oracle.status and difference.part in _OF_CONDITIONS


REASONS = (
    Reason("server name", "The name of the server", _is_server_name),
    Reason("request id", "A number for each request", _is_request_id),
    Reason("security headers", "Three security headers", _is_security_header),
    Reason("compression", "Compression", _is_compression),
    Reason("strong ETag", "An answer with a strong ETag", _is_identity),
    Reason("framing", "Where a body ends", _is_framing),
    Reason("dot segments", "Dot segments in a path", _has_dot_segments),
    Reason("file of nginx", "A file that nginx sends", _is_file_of_nginx),
)

"""What `certbot --nginx` has written into a site's file: the certificate, and whether somebody has changed more. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import msgspec

from enuf.model.address import HTTP_PORT, HTTPS_PORT
from enuf.syntax.nginx_read import NginxSources, read_nginx
from enuf.syntax.nginx_tree import ParsedDirective

MARK = "# managed by Certbot"
_LINE = r"^\s*{name}\s+(\S+?);\s*" + re.escape(MARK)
_FILE = "/site"
_PAIR = frozenset(("ssl_certificate", "ssl_certificate_key"))
_PORTS = (str(HTTP_PORT), str(HTTPS_PORT))

Statement = tuple[str, tuple[str, ...], tuple["Statement", ...] | None]
"""Name, arguments and block of a directive."""


class CertbotPair(msgspec.Struct, frozen=True):
    """The files of the certificate that certbot has given to a site."""

    certificate: str
    key: str

    @property
    def words(self) -> str:
        """The options with which `enuf install` takes over the certificate."""
        return f"--set tls.certificate={self.certificate} --set tls.key={self.key}"


def certbot_pair(text: str) -> CertbotPair | None:
    """Return the pair of a site's file that certbot has edited; None for a file without lines of certbot's."""
    found = [
        re.search(_LINE.format(name=name), text, re.MULTILINE)
        for name in ("ssl_certificate", "ssl_certificate_key")
    ]
    certificate, key = (match[1] if match else "" for match in found)
    return CertbotPair(certificate, key) if certificate and key else None


def digest_without_certbot(text: str) -> str:
    """Return a digest of all statements that certbot leaves alone; empty for a text that is no configuration.

    It is the same before and after certbot's edit: its marked lines, its redirect, the ports 80 and 443, and the names of
    the certificate's files are left out.
    """
    config = read_nginx(_FILE, NginxSources(read=lambda path: text if path == _FILE else None))
    if any(problem.kind != "absent" for problem in config.problems):
        return ""
    marked = frozenset(number for number, line in enumerate(text.splitlines(), 1) if MARK in line)
    kept = [each for each in _kept(config.directives, marked) if not _is_certbots_server(each)]
    return hashlib.sha256(msgspec.json.encode(kept)).hexdigest()


def _kept(directives: Iterable[ParsedDirective], marked: frozenset[int]) -> tuple[Statement, ...]:
    return tuple(
        (each.name, each.args, None if each.block is None else _kept(each.block, marked))
        for each in directives
        if each.line not in marked and not _is_of_https(each)
    )


def _is_of_https(each: ParsedDirective) -> bool:
    """Return True for a statement that certbot replaces, moves or adds without a mark in its line."""
    if each.name == "listen":
        return each.arg().rpartition(":")[2].rpartition("]")[2] in _PORTS
    redirects = each.name == "if" and each.block is not None and "$host" in "".join(each.args)
    return each.name in _PAIR or (
        redirects and all(inner.name == "return" and inner.arg() == "301" for inner in each.block or ())
    )


def _is_certbots_server(statement: Statement) -> bool:
    """Return True for a server of which only its names are left: all else of it was certbot's."""
    name, _, block = statement
    return name == "server" and block is not None and all(inner[0] == "server_name" for inner in block)

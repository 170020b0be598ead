"""The ports and names of nginx server blocks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import own
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import Directive, Found


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """A `listen` of a server block; a server without any listens on port 80."""

    host: str
    port: int
    is_default: bool = False
    directive: Directive | None = None


def listens(server: Directive) -> tuple[Listen, ...]:
    """The TCP addresses of a server block."""
    written = own(server, "listen")
    if not written:
        return (Listen(host="*", port=80),)
    return tuple(each for each in map(_listen, written) if each)


def _listen(directive: Directive) -> Listen | None:
    text = directive.arg()
    host, _, port = ("*", "", text) if decimal(text, 9) is not None else text.rpartition(":")
    if text.endswith("]") or not host:
        host, port = text, "80"
    number = decimal(port, 9)
    if "$" in text or text.startswith("unix:") or number is None or number > 65535:
        return None
    host = {"0.0.0.0": "*", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
    is_default = "default_server" in directive.args or "default" in directive.args
    return Listen(host=host, port=number, is_default=is_default, directive=directive)


def names_of(server: Directive) -> tuple[str, ...]:
    """The names of a server block, in small letters; one empty name when it has none."""
    return tuple(name.lower() for each in own(server, "server_name") for name in each.args) or ("",)


def http_groups(evidence: Evidence) -> Iterator[tuple[Found, ...]]:
    """The server blocks that run in one nginx.

    Those of one file; files alone in a folder whose whole content nginx includes are taken together.
    """
    together: dict[str, list[Found]] = {}
    for site in evidence.sites:
        folder = posixpath.dirname(site.file)
        alone = site.context == "http" and folder.rpartition("/")[2] in ("sites-enabled", "conf.d")
        together.setdefault(folder if alone else site.file, []).extend(site.servers())
    return (tuple(group) for group in together.values())

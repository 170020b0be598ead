"""The folders in which a host keeps nginx's sites, read from the includes of the main configuration."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from enuf.errors import ToolUnusable
from enuf.syntax.nginx_tokens import read_tokens


class MainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of nginx's main file that an install needs."""

    user: str = ""
    pid: str = ""
    error_log: str = ""
    """Empty where the file names none, or none by its whole path."""
    site_patterns: tuple[str, ...] = ()
    """The absolute patterns of the includes directly in the `http` block."""


class SiteLayout(msgspec.Struct, frozen=True, kw_only=True):
    """The folders and the file name of a site."""

    folder: str
    """The folder of the file."""
    link_folder: str = ""
    """The folder of the link that enables the file; empty where the file needs no link."""
    ending: str = ".conf"
    """The end of the file's name that the include pattern requires."""


def read_main_config(text: str, path: str) -> MainConfig:
    """Return the main file's statements. Raise ToolUnusable for a file with unbalanced braces or quotes."""
    folder = posixpath.dirname(path)
    simple: dict[str, str] = {}
    patterns = []
    for around, words in _statements(text, path):
        if around == ("http",) and words[0] == "include" and len(words) == 2:
            patterns.append(posixpath.join(folder, words[1]))
        elif not around and words[0] in ("user", "pid", "error_log") and len(words) > 1:
            simple[words[0]] = words[1]
    error_log = simple.get("error_log", "")
    return MainConfig(
        user=simple.get("user", ""),
        pid=simple.get("pid", ""),
        error_log=error_log if error_log.startswith("/") else "",
        site_patterns=tuple(patterns),
    )


def _statements(text: str, path: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield every statement that ends with a semicolon, with the names of the blocks around it."""
    from crossplane.errors import NgxParserBaseException

    around: list[str] = []
    words: list[str] = []
    try:
        for token in read_tokens(text, path):
            mark = "" if token.quoted else token.text
            if mark == "{":
                around.append(words[0] if words else "")
            elif mark == "}" and around:
                around.pop()
            elif mark == ";" and words:
                yield tuple(around), words
            elif mark not in ("{", "}", ";"):
                words.append(token.text)
                continue
            words = []
    except NgxParserBaseException as error:
        raise ToolUnusable(f"{path} cannot be read: {error}", "see: nginx -t") from None


def site_layout(main: MainConfig, path: str) -> SiteLayout:
    """Return Debian's pair of folders where it exists, else the first folder of sites.

    Raise ToolUnusable without one.
    """
    patterns = [pattern for pattern in main.site_patterns if _includes_site(pattern)]
    if not patterns:
        raise ToolUnusable(
            f"{path} includes no folder of sites, so there is no place for one",
            f"add this line to its http block: include {posixpath.dirname(path)}/conf.d/*.conf;",
            slug="nginx-no-sites",
        )
    pattern = next(
        (each for each in patterns if posixpath.dirname(each).endswith("/sites-enabled")), patterns[0]
    )
    folder, ending = posixpath.dirname(pattern), posixpath.basename(pattern).removeprefix("*")
    if folder.endswith("/sites-enabled"):
        return SiteLayout(
            folder=f"{posixpath.dirname(folder)}/sites-available", link_folder=folder, ending=ending
        )
    return SiteLayout(folder=folder)


def _includes_site(pattern: str) -> bool:
    """Return True for a pattern that includes the file `enuf-shop.conf` of its folder."""
    return posixpath.basename(pattern) in ("*", "*.conf") and not set("*?[") & set(posixpath.dirname(pattern))

"""Where a host keeps the sites of its nginx: read from what its main configuration includes, never assumed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from enuf.errors import ToolUnusable
from enuf.syntax.nginx_tokens import read_tokens


class MainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the main file of an nginx says by itself."""

    user: str = ""
    pid: str = ""
    site_patterns: tuple[str, ...] = ()
    """What is included at the level of `http`, absolute."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The folders for a site."""

    folder: str
    """Where the file is written."""
    link_folder: str = ""
    """Where a link to it makes it count; empty where the file itself does."""
    ending: str = ".conf"
    """How the names of the files that count must end."""


def read_main(text: str, path: str) -> MainConfig:
    """What stands in the main file. Raises ToolUnusable for one that is cut wrongly."""
    folder = posixpath.dirname(path)
    simple: dict[str, str] = {}
    patterns = []
    for around, words in _statements(text, path):
        if around == ("http",) and words[0] == "include" and len(words) == 2:
            patterns.append(posixpath.join(folder, words[1]))
        elif not around and words[0] in ("user", "pid") and len(words) > 1:
            simple[words[0]] = words[1]
    return MainConfig(user=simple.get("user", ""), pid=simple.get("pid", ""), site_patterns=tuple(patterns))


def _statements(text: str, path: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every statement that ends with a semicolon, with the names of the blocks around it."""
    from crossplane.errors import NgxParserBaseException

    around: list[str] = []
    words: list[str] = []
    try:
        for token in read_tokens(text, path):
            sign = "" if token.quoted else token.text
            if sign == "{":
                around.append(words[0] if words else "")
            elif sign == "}" and around:
                around.pop()
            elif sign == ";" and words:
                yield tuple(around), words
            elif sign not in ("{", "}", ";"):
                words.append(token.text)
                continue
            words = []
    except NgxParserBaseException as error:
        raise ToolUnusable(f"{path} cannot be read: {error}", "see: nginx -t") from None


def layout_of(main: MainConfig, path: str) -> Layout:
    """Debian's pair of folders where there is one, else the one folder of sites. Raises ToolUnusable when there is none."""
    patterns = [pattern for pattern in main.site_patterns if _takes_a_site(pattern)]
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
        return Layout(
            folder=f"{posixpath.dirname(folder)}/sites-available", link_folder=folder, ending=ending
        )
    return Layout(folder=folder)


def _takes_a_site(pattern: str) -> bool:
    """True when a file `enuf-shop.conf` in that folder would be included."""
    return posixpath.basename(pattern) in ("*", "*.conf") and not set("*?[") & set(posixpath.dirname(pattern))

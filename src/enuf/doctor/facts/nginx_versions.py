"""The version of nginx in an image, as its tag says."""

from __future__ import annotations

import re

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import nginx_package
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import NginxConfig

_NUMBERS = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?:-.*)?")
_NEWEST = re.compile(r"(?:latest|stable|mainline)?(?:-?(?:alpine|perl|otel|slim|bookworm|trixie)[\w.]*)*")
_LAST_PATCH = 99
_OFFICIAL = re.compile(
    r"(?:[\w.-]+\.[\w.-]+/)?(?:(?:docker/)?library/)?nginx|"
    r"(?:[\w.-]+\.[\w.-]+/)?(?:nginx(?:inc)?/nginx(?:-unprivileged)?|openresty/openresty)"
)
"""Images whose tag is the version of nginx. What other accounts call `nginx` has tags of their own."""


def nginx_is_at_least(evidence: Evidence, site: NginxConfig, version: tuple[int, int, int]) -> bool | None:
    """Return whether the nginx of a site has at least this version, None if the files do not say."""
    known = [
        _version(machine.image)
        for machine in evidence.machines_with(site.file)
        if nginx_package(machine) == "nginx.org"
    ]
    if not known or any(each is None for each in known):
        return None
    return all(each >= version for each in known if each)


def is_official_nginx(image: str) -> bool:
    """Return True for an image of nginx's own makers, wherever it is fetched from."""
    folder, _, last = image.partition("@")[0].rpartition("/")
    return _OFFICIAL.fullmatch(f"{folder}/{last.partition(':')[0]}".lstrip("/")) is not None


def _version(image: str) -> tuple[int, int, int] | None:
    """Return the version in the tag of an image; a tag without the last number means its newest one."""
    if not is_official_nginx(image):
        return None
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    numbers = _NUMBERS.fullmatch(tag)
    if numbers:
        patch = decimal(numbers[3] or "", 3)
        return int(numbers[1]), int(numbers[2]), _LAST_PATCH if patch is None else patch
    return (9, 0, 0) if _NEWEST.fullmatch(tag) else None

"""nginx connects to one socket file, uWSGI listens on another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.facts.links import has_containers, is_one_project, missed_listener
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Rule, Sign, at_directive, write_argument
from enuf.model.address import UnixAddress


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every pass to a unix socket that nobody listens on, when there is just one uWSGI that it can mean."""
    for pair in evidence.pairs:
        listener = missed_listener(pair)
        directive = pair.way.named_by
        if listener is None or not isinstance(pair.way.address, UnixAddress):
            continue
        if comment_in(listener.option) or is_template(evidence, directive.file):
            continue
        right = str(listener.address)
        written = f"unix:{pair.way.address.path}"
        plain = directive.arg() == written
        yield at_directive(
            directive,
            f"nginx connects to {written}, and the uWSGI of these files listens on {right}: 502 on every URL",
            severity="error"
            if _is_sure(pair) and is_one_project(pair) and not has_containers(evidence)
            else None,
            hint=f"{directive.name} {right};" if plain else f"connect to {right}",
            fix=write_argument(directive, 0, right, safe=False) if plain else None,
            evidence=(
                f"{listener.option.written.file}:{listener.option.written.line}: "
                f"{listener.option.key} = {listener.option.value}",
            ),
        )


def _is_sure(pair: Pair) -> bool:
    """True when both paths are alike enough to be meant for each other, and neither is a guess."""
    listener, address = missed_listener(pair), pair.way.address
    if listener is None or not isinstance(address, UnixAddress):
        return False
    other = listener.address
    if not isinstance(other, UnixAddress) or not (
        pair.server.directory_known or listener.option.value.startswith("/")
    ):
        return False
    same_folder = posixpath.dirname(other.path) == posixpath.dirname(address.path)
    return same_folder or posixpath.basename(other.path) == posixpath.basename(address.path)


RULE = Rule("L001", "socket-path-mismatch", "warning", check)

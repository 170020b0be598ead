"""nginx gives up before uWSGI ends the request: the worker goes on for nobody (F165)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.rule import Rule, Sign, add_options, at_config, at_option, by_hand
from enuf.syntax.nginx_values import seconds

_DEFAULT = 60.0


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every pair in which harakiri is missing, or no shorter than nginx's patience."""
    for pair in evidence.pairs:
        option = pair.server.config.last("harakiri")
        patience = _patience(pair)
        if pair.listener is None or patience is None or pair.way.protocol == "other":
            continue
        name = f"{pair.way.found.directive.name.removesuffix('_pass')}_read_timeout"
        if option is None or (option.number == 0 and not option.maybe):
            yield from _missing(pair, name, patience)
            continue
        limit = None if option.maybe else option.number
        if limit is None or limit < patience:
            continue
        line = f"{name} {limit + 5}s;"
        yield at_option(
            option,
            f"nginx gives up after {patience:g} s ({name}), uWSGI only after {limit} s: the visitor gets 504, "
            "and the worker goes on for nobody",
            hint=line,
            fix=by_hand(f"add `{line}` beside {pair.way.found.directive.name}, or shorten harakiri"),
        )


def _missing(pair: Pair, name: str, patience: float) -> Iterator[Sign]:
    config = pair.server.config
    if not pair.server.is_whole:
        return
    limit = max(int(patience) - 5, 1)
    yield at_config(
        config,
        f"no harakiri: when a request takes longer than {patience:g} s ({name}), nginx answers 504 "
        "and the worker goes on for nobody",
        severity="advice",
        hint=f"harakiri = {limit}",
        fix=add_options(config, f"harakiri = {limit}", safe=False),
    )


def _patience(pair: Pair) -> float | None:
    """How many seconds nginx waits for an answer."""
    name = f"{pair.way.found.directive.name.removesuffix('_pass')}_read_timeout"
    written = " ".join(pair.way.found.inherited(name)[-1].args) if pair.way.found.inherited(name) else ""
    return seconds(written) if written else _DEFAULT


RULE = Rule("L006", "read-timeout-504", "warning", check)

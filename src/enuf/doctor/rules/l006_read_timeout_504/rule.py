"""A timeout of nginx that ends before uWSGI's, so that the worker goes on for no client (F165)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_option, by_hand
from enuf.syntax.nginx_values import time_in_seconds

_DEFAULT = 60.0


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pair whose harakiri is missing, or longer than nginx's read timeout."""
    for pair in evidence.pairs:
        option = pair.server.config.last("harakiri")
        timeout = _read_timeout(pair)
        if pair.listener is not None and pair.listener.protocol != pair.site_pass.protocol:
            continue
        if pair.listener is None or timeout is None or pair.site_pass.protocol == "other":
            continue
        name = f"{pair.site_pass.match.directive.name.removesuffix('_pass')}_read_timeout"
        if option is None or (option.number == 0 and not option.conditional):
            yield from _missing(pair, name, timeout)
            continue
        limit = None if option.conditional else option.number
        if limit is None or limit <= timeout:
            continue
        line = f"{name} {limit + 5}s;"
        yield at_option(
            option,
            f"nginx gives up after {timeout:g} s ({name}), uWSGI only after {limit} s: the visitor gets 504, "
            "and the worker goes on for nobody",
            hint=line,
            fix=by_hand(f"add `{line}` beside {pair.site_pass.match.directive.name}, or shorten harakiri"),
        )


def _missing(pair: Pair, name: str, timeout: float) -> Iterator[Diagnostic]:
    config = pair.server.config
    if not pair.server.is_complete:
        return
    limit = max(int(timeout) - 5, 1)
    yield at_config(
        config,
        f"no harakiri: when a request takes longer than {timeout:g} s ({name}), nginx answers 504 "
        "and the worker goes on for nobody",
        severity="advice",
        hint=f"harakiri = {limit}",
        fix=add_options(
            config, f"harakiri = {limit}", asks="a request that is longer than that would be ended"
        ),
    )


def _read_timeout(pair: Pair) -> float | None:
    """Return how many seconds nginx waits for an answer, None if the value cannot be read."""
    name = f"{pair.site_pass.match.directive.name.removesuffix('_pass')}_read_timeout"
    written = (
        " ".join(pair.site_pass.match.inherited(name)[-1].args)
        if pair.site_pass.match.inherited(name)
        else ""
    )
    return time_in_seconds(written) if written else _DEFAULT


RULE = Rule("L006", "read-timeout-504", "warning", check)

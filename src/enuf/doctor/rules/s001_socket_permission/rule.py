"""A socket file that nginx's workers may not write to (F186, F188)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from enuf.doctor.evidence import Evidence, Pair, Server
from enuf.doctor.facts.containers import together
from enuf.doctor.facts.host import WEB_USERS, nginx_user_of, umask_of, unix_sockets, uwsgi_group, uwsgi_user
from enuf.doctor.facts.pods import pod_of_config
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option
from enuf.model.finding import Severity
from enuf.syntax.uwsgi_config import ParsedOption

_MODE = re.compile(r"[0-7]{3}")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unix socket whose mode shuts out the user of the nginx in front."""
    for server in complete_servers(evidence):
        pairs = [pair for pair in evidence.pairs_of(server) if pair.listener]
        user = next((name for pair in pairs if (name := nginx_user_of(evidence, pair.site_pass.site))), "")
        for option, path in unix_sockets(server):
            sites = [pair for pair in pairs if pair.listener and pair.listener.option is option]
            if (pairs and not sites) or _is_open(server, user) or _has_one_user(evidence, sites, server):
                continue
            mode = server.config.last("chmod-socket")
            if mode is None:
                yield _diagnostic(
                    server, option, f"nobody says who may use {path}", "warning" if sites else "advice"
                )
            elif sites:
                yield _diagnostic(server, mode, _describe_mode(mode, path), _severity(server, mode, user))


def _has_one_user(evidence: Evidence, pairs: Sequence[Pair], server: Server) -> bool:
    """Return True if nginx and uWSGI run in one container, or one pod, that is nobody's but an ordinary user's."""
    pods = [pod_of_config(evidence, pair.site_pass.site.file) for pair in pairs]
    if pods and all(pod is not None and pod.user not in ("", "0") for pod in pods):
        return True
    shared = [both for pair in pairs for both in together(pair.site_pass, server)]
    return bool(shared) and all(near is far and near.user not in ("", "root", "0") for near, far in shared)


def _diagnostic(server: Server, option: ParsedOption, what: str, severity: Severity | None) -> Diagnostic:
    owner = uwsgi_user(server) or "shop"
    lines = (f"chown-socket = {owner}:www-data", "chmod-socket = 660")
    return at_option(
        option,
        f"{what}: uWSGI makes the socket for its own user, nginx's workers need write permission, else 502",
        severity=severity,
        hint=" and ".join(lines),
        fix=add_options(server.config, *lines, asks="it depends on the user of nginx's workers"),
    )


def _describe_mode(mode: ParsedOption, path: str) -> str:
    who = "its owner and that one's group" if int(mode.value, 8) & 0o020 else "its owner"
    return f"mode {mode.value} lets only {who} use {path}"


def _severity(server: Server, mode: ParsedOption, user: str) -> Severity | None:
    """Return "error" if both users are known.

    Else return None: nginx's user may have been added to a group that may write.
    """
    if int(mode.value, 8) & 0o020:
        return "warning" if uwsgi_user(server) in ("root", "0") and not uwsgi_group(server) else "advice"
    return None if user and uwsgi_user(server) else "warning"


def _is_open(server: Server, user: str) -> bool:
    """Return True if nginx's user may write to the socket, or if the files do not rule that out."""
    own, group = uwsgi_user(server), uwsgi_group(server)
    owner = server.config.last("chown-socket")
    if owner:
        named, _, grouped = owner.value.partition(":")
        own, group = named or own, grouped or group
    mode = server.config.last("chmod-socket")
    if own and (own == user or (not user and own in WEB_USERS)):
        return True
    if user in ("root", "0"):
        return True
    if mode is None:
        mask = umask_of(server)
        if mask is None:
            return True
        mode_bits = 0o777 & ~mask
    elif not _MODE.fullmatch(mode.value) or mode.conditional or mode.unresolved:
        return True  # uWSGI sets 666 without a mode, and exits for a wrong one
    else:
        mode_bits = int(mode.value, 8)
    if mode_bits & 0o002:
        return True
    if not mode_bits & 0o020:
        return False
    shared = group or own  # a user's own group has the name of the user
    return not shared or shared in ((user,) if user else WEB_USERS)


RULE = Rule("S001", "socket-permission", "error", check)

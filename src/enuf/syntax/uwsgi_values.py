"""The meaning of one uWSGI option: its first name, its kind, and the number or truth value in its text."""

from __future__ import annotations

import re
from typing import Literal

from enuf.syntax.uwsgi_aliases import ALIASES
from enuf.syntax.uwsgi_options import FLAGS, NUMBERS, OPTIONAL, SWITCHES, TEXTS

Kind = Literal["flag", "number", "text", "logic", "unknown"]

LOGIC = frozenset(
    (
        "for",
        "for-glob",
        "for-times",
        "for-readline",
        "endfor",
        "end-for",
        "if-opt",
        "if-not-opt",
        "if-env",
        "if-not-env",
        "ifenv",
        "if-reload",
        "if-not-reload",
        "if-hostname",
        "if-not-hostname",
        "if-hostname-match",
        "if-not-hostname-match",
        "if-exists",
        "if-not-exists",
        "ifexists",
        "if-file",
        "if-not-file",
        "if-dir",
        "if-not-dir",
        "ifdir",
        "if-directory",
        "if-plugin",
        "if-not-plugin",
        "ifplugin",
        "endif",
        "end-if",
        "end",
        "blacklist",
        "end-blacklist",
        "whitelist",
        "end-whitelist",
        "ignore-initial",
    )
)
"""Options that control the reading of others."""

ELSEWHERE = re.compile(
    r"(php|perl|psgi|rack|rails|ruby|rb|rbenv|rvm|rbshell|lua|luajit|jvm|jwsgi|clojure|ring|v8|mono|go|gccgo|pypy|"
    r"gevent|asyncio|greenlet|tornado|fiber|coroae|coro|stackless|gridfs|glusterfs|rados|mongo|ldap|xslt|ssi|"
    r"cplusplus|curl|geoip|graylog2|matheval|router|stats-pusher|systemd|tcc|wsgi|cgi|emperor|vassal|sqlite|"
    r"http|https|ssl|sni|zerg|legion|spdy|websockets?|cheaper|alarm|lisp|dumbloop|exception|objc|xmpp|zabbix|"
    r"nagios|snmp|erlang|pypy-\w+|hiredis|offload|python|py|uwsgi|plugin|metric|subscri\w+)(-.*)?"
)
"""First words of options of plugins and releases outside the table, which are never called misspelt."""

_MORE_ALIASES = {
    "uwsgi-socket": "socket",
    "plugin": "plugins",
    "need-plugin": "plugins",
    "need-plugins": "plugins",
    "python-path": "pythonpath",
    "pp": "pythonpath",
    "chmod": "chmod-socket",
}
"""Aliases that share a handler without a target, which the table cannot recognise as one option."""

_FIRST_NAMES = {**ALIASES, **_MORE_ALIASES}

_NUMBER = re.compile(r"[ \t\n\v\f\r]*+([+-]?[0-9]{1,18})")
_OFF = ("false", "off", "no")


def first_name(key: str) -> str:
    """Return the name under which an option is looked up, whichever of its names was written."""
    return _FIRST_NAMES.get(key, key)


def option_kind(key: str) -> Kind:
    """Return how uWSGI reads the value of an option, `unknown` for a name in no build of the table."""
    if key in FLAGS:
        return "flag"
    if key in NUMBERS:
        return "number"
    if key in LOGIC:
        return "logic"
    return "text" if key in TEXTS or key in OPTIONAL or key in SWITCHES else "unknown"


def is_on(value: str) -> bool:
    """Return False for exactly false, off, no (any case) and 0. Everything else is on, typos too (F201)."""
    return value.lower() not in _OFF and value != "0"


def leading_number(value: str) -> int:
    """Return the number that atoi reads from a text: its leading digits, 0 if there are none (F203)."""
    match = _NUMBER.match(value)
    return int(match[1]) if match else 0

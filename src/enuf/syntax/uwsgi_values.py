"""What uWSGI makes of one option: its first name, its kind, and the number or truth in its text."""

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
"""Options that steer the reading of others."""

ELSEWHERE = re.compile(
    r"(php|perl|psgi|rack|rails|ruby|rb|rbenv|rvm|rbshell|lua|luajit|jvm|jwsgi|clojure|ring|v8|mono|go|gccgo|pypy|"
    r"gevent|asyncio|greenlet|tornado|fiber|coroae|coro|stackless|gridfs|glusterfs|rados|mongo|ldap|xslt|ssi|"
    r"cplusplus|curl|geoip|graylog2|matheval|router|stats-pusher|systemd|tcc|wsgi|cgi|emperor|vassal|sqlite|"
    r"http|https|ssl|sni|zerg|legion|spdy|websockets?|cheaper|alarm|lisp|dumbloop|exception|objc|xmpp|zabbix|"
    r"nagios|snmp|erlang|pypy-\w+|hiredis|offload|python|py|uwsgi|plugin|metric|subscri\w+)(-.*)?"
)
"""First words of the options of plugins and releases that the table does not hold; these are never called misspelt."""

_MORE_ALIASES = {
    "uwsgi-socket": "socket",
    "plugin": "plugins",
    "need-plugin": "plugins",
    "need-plugins": "plugins",
    "python-path": "pythonpath",
    "pp": "pythonpath",
    "chmod": "chmod-socket",
}
"""The same handler with no target of its own, so that the table cannot see that they are one."""

_NUMBER = re.compile(r"[ \t\n\v\f\r]*+([+-]?[0-9]{1,18})")
_OFF = ("false", "off", "no")


def first_name(key: str) -> str:
    """The name under which an option is looked up, whichever of its names was written."""
    return _MORE_ALIASES.get(key) or ALIASES.get(key, key)


def option_kind(key: str) -> Kind:
    """How uWSGI reads the value of an option, `unknown` for a name that no build here has."""
    if key in FLAGS:
        return "flag"
    if key in NUMBERS:
        return "number"
    if key in LOGIC:
        return "logic"
    return "text" if key in TEXTS or key in OPTIONAL or key in SWITCHES else "unknown"


def is_on(value: str) -> bool:
    """False for exactly false, off, no (any case) and 0; everything else is on, comments and typos too (F201)."""
    return value.lower() not in _OFF and value != "0"


def leading_number(value: str) -> int:
    """The number that atoi reads from a text: its leading digits, 0 when there are none (F203)."""
    match = _NUMBER.match(value)
    return int(match[1]) if match else 0

"""Readers of texts in special formats: host names, networks, URL prefixes.

Each returns the normal form.

The texts end up in a server's configuration, so everything that could be read there as more than one word is
refused. The only exception that a reader raises is ValueError with a sentence for the user.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
import shlex

from enuf.model.nginx_variables import taken_name
from enuf.settings.values import shown

_OF_A_SHELL = frozenset(("&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"))
_SINGLE_QUOTED = re.compile(r"'[^']*'")
_VARIABLE = re.compile(r"(?<!\\)\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}|\()")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_OPTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[!-~]*)?")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PROCESS_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_TAKEN_NAMES = frozenset(
    ("web", "release", "front", "server", "app", "enuf", "supervisor", "access", "error", "dashboard", "slow", "events",
     "cert", "certificate", "failed", "failure", "processes")
)  # fmt: skip
"""Names that logs, layers and services of enuf's have, and those that a Procfile means otherwise."""
_UNIT_NAME = re.compile(
    r"[A-Za-z0-9:_.\\@-]{1,200}\.(?:service|socket|target|mount|automount|path|timer|device|swap|slice|scope)"
)
_USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_OF_PYTHON_ALONE = re.compile(
    r"\\N\{|\(\?[imsx]*[aLu]|\{(?:[0-9]+,)?(?:[0-9]{6,}|[7-9][0-9]{4}|6[6-9][0-9]{3})"
)
"""What Python takes in a regular expression and PCRE does not: names of characters, flags, high counts."""
_UNSAFE_IN_URL = re.compile(r"[\s\x00-\x1f\x7f\"'`\\${};?#*<>|]|//|/\.\.?(?:/|$)")


def one_line(text: str) -> str:
    """Return a text that stays on one line of a configuration file.

    Raise ValueError for control characters.
    """
    if _CONTROL.search(text):
        raise ValueError(
            f"{shown(text)} contains a line break or another control character: write it on one line"
        )
    return any_lines(text)


def any_lines(text: str) -> str:
    """Return a text of any number of lines that can be written to a file. Raise ValueError if it cannot."""
    if "\0" in text:
        raise ValueError(f"{shown(text)} contains a NUL character, which no configuration file can hold")
    # An environment variable that is not UTF-8 arrives with lone surrogates in it.
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError(f"{shown(text)} is not UTF-8 text")
    return text


def host_name(text: str) -> str:
    """Return a host name as browsers send it: in lower case, a Korean name in its `xn--` form.

    All forms of nginx's server_name: a name, `*.` or `.` before it, `.*` in place of its last part, an IP
    address, or `~` and a regular expression.
    """
    if text.startswith("~"):
        return _host_expression(text)
    if text.startswith("["):
        return _ipv6_host(text)
    if text == "_":
        raise ValueError("'_' is no host name but a habit of nginx's users: [] answers to any name")
    start = next((sign for sign in ("*.", ".") if text.startswith(sign)), "")
    end = ".*" if not start and text.endswith(".*") else ""
    bare = text.removeprefix(start).removesuffix(end)
    try:
        ascii_name = bare.lower() if bare.isascii() else bare.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_name = ""
    if len(ascii_name) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in ascii_name.split(".")):
        raise ValueError(
            f'{shown(text)} is not a host name: write only the name, like "example.com" or "*.example.com"'
        )
    return f"{start}{ascii_name}{end}"


def _host_expression(text: str) -> str:
    """Return the regular expression for host names, once Python can read it: nginx would say less about a mistake."""
    try:
        re.compile(text[1:].replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{shown(text)} is not a regular expression: {error}") from None
    if text == "~":
        raise ValueError(f'{shown(text)} has no regular expression after the "~"')
    if word := _OF_PYTHON_ALONE.search(text):
        raise ValueError(
            f"{shown(text)} is not a regular expression of nginx's: it does not know {word[0]!r}"
        )
    if name := taken_name(text):
        raise ValueError(
            f"{shown(text)} names a part {name!r}, and nginx has a variable of that name: choose another one, like site_{name}"
        )
    return text


def _ipv6_host(text: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(text[1:-1] if text.endswith(']') else '')}]"
    except ValueError:
        raise ValueError(f'{shown(text)} is not an IPv6 address: write it like "[::1]"') from None


def network(text: str) -> str:
    """Return an IP address, or a network in CIDR form; `unix:` for every peer of a unix socket."""
    if text in ("unix", "unix:"):
        return "unix:"
    try:
        # A zone (fe80::1%eth0) is fine for Python and unknown to nginx.
        address = ipaddress.ip_interface("" if "%" in text else text)
    except ValueError:
        raise ValueError(
            f'{shown(text)} is not an IP address or network: write it like "10.0.0.0/8", or "unix:" for a unix socket'
        ) from None
    if "/" not in text:
        return str(address.ip)
    if address.ip != address.network.network_address:
        raise ValueError(
            f'{shown(text)} names one machine of a network: write "{address.network}" or "{address.ip}"'
        )
    return str(address.network)


def client_network(text: str) -> str:
    """Return an IP address or network of visitors."""
    if text in ("unix", "unix:"):
        raise ValueError(f'{shown(text)} is no address of a visitor: write it like "10.0.0.0/8"')
    return network(text)


def url_prefix(text: str) -> str:
    """Return the prefix at which the app is mounted: empty, or `/sub`."""
    if not text:
        return text
    if not text.startswith("/"):
        raise ValueError(f'{shown(text)} does not start with "/": write it like "/sub"')
    if text.endswith("/"):
        raise ValueError(f'{shown(text)} ends with "/": write it like "/sub", and "" for no prefix')
    return _url_path(text)


def url_folder(text: str) -> str:
    """Return the URL path of a folder, with a slash at both ends."""
    if text == "/":
        raise ValueError('"/" would hide the whole app behind a folder: write a URL below it, like "/media/"')
    if not (text.startswith("/") and text.endswith("/")):
        raise ValueError(f'{shown(text)} must start and end with "/": write it like "/media/"')
    return _url_path(text)


def url_folder_or_site(text: str) -> str:
    """Return the URL path of a folder, with a slash at both ends; `/` for the whole site."""
    return text if text == "/" else url_folder(text)


def origin(text: str) -> str:
    """Return an origin as browsers send it, `https://host` or `https://host:port`; `*` for all."""
    if text != "*" and not _ORIGIN.fullmatch(text.lower()):
        raise ValueError(
            f'{shown(text)} is not an origin: write scheme and host without a path, like "https://app.example.com", or "*"'
        )
    return text.lower()


def site_path(text: str) -> str:
    """Return a path of the site, which stands for itself and all below it: `/`, or `/admin` without a slash at the end."""
    if not text.startswith("/"):
        raise ValueError(f'{shown(text)} does not start with "/": write a path like "/admin"')
    if "%" in text:
        raise ValueError(f'{shown(text)} has a "%": write the characters themselves, like "/café"')
    return _url_path(text.removesuffix("/") or "/")


def folder(text: str) -> str:
    """Return a folder whose files are published. Raise ValueError for the whole project."""
    if set(posixpath.normpath(text).split("/")) <= {"", ".", ".."}:
        raise ValueError(
            f'{shown(text)} would publish the whole project, its code and secrets: write a folder in it, like "./media"'
        )
    return text


def html_page(text: str) -> str:
    """Return the path of an HTML file. Raise ValueError for another one: it is shown to everybody."""
    if not text.endswith((".html", ".htm")):
        raise ValueError(f'{shown(text)} is no HTML file: write a name like "./errors/502.html"')
    return text


def html_page_or_none(text: str) -> str:
    """Return the path of an HTML file, or an empty text."""
    return html_page(text) if text else text


def health_path(text: str) -> str:
    """Return the path of the health request, with or without a query."""
    if not text.startswith("/"):
        raise ValueError(f'{shown(text)} does not start with "/": write a path like "/health"')
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f'{shown(text)} contains a space or another character that a request line cannot have: write it like "/health"'
        )
    return text


def health_url_path(text: str) -> str:
    """Return the path that load balancers ask for; empty for none."""
    if not text:
        return text
    if not text.startswith("/"):
        raise ValueError(f'{shown(text)} does not start with "/": write a path like "/health"')
    return _url_path(text)


def command_line(text: str) -> str:
    """Return a command of words as a shell reads them: quotes and backslashes count, variables and pipes do not."""
    one_line(text)
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError(f"{shown(text)} has a quote or a backslash without its end") from None
    if not words:
        raise ValueError(f'{shown(text)} names no program: write a command like "flask db upgrade"')
    for word in words:
        if word in _OF_A_SHELL:
            raise ValueError(
                f"{shown(text)}: {word} is for a shell, and no shell runs the command: write one command each, "
                f"or say it: sh -c {shlex.quote(text)}"
            )
    if variable := _VARIABLE.search(_SINGLE_QUOTED.sub("", text)):
        raise ValueError(
            f"{shown(text)}: {variable[0]} is for a shell, and no shell runs the command: write the value, "
            f"or say it: sh -c {shlex.quote(text)}"
        )
    if _ASSIGNMENT.match(words[0]):
        raise ValueError(
            f"{shown(text)}: {words[0]} is for a shell, and no shell runs the command: say it: env {text}"
        )
    return text


def optional_command(text: str) -> str:
    """Return a command like `command_line`; empty for none."""
    return command_line(text) if text else text


def process_name(text: str) -> str:
    """Return the name of a process or of a scheduled command: it names a log, a layer and a service."""
    if not _PROCESS_NAME.fullmatch(text):
        raise ValueError(
            f'{shown(text)} is no name of a process: write up to 32 small letters, digits and "-" or "_", like "worker"'
        )
    if text in _TAKEN_NAMES:
        raise ValueError(f'{shown(text)} is a name of enuf\'s own: choose another one, like "worker"')
    return text


def variable_name(text: str) -> str:
    """Return the name of an environment variable."""
    if not _VARIABLE_NAME.fullmatch(text):
        raise ValueError(f'{shown(text)} is no name of a variable: write it like "QUEUE"')
    return text


def tool_choice(text: str) -> str:
    """Return `embedded`, `system`, or the absolute path of a program."""
    if text in ("embedded", "system") or text.startswith("/"):
        return text
    raise ValueError(f'{shown(text)} must be "embedded", "system" or an absolute path like "/usr/sbin/nginx"')


def unit_name(text: str) -> str:
    """Return the name of a unit of systemd."""
    if not _UNIT_NAME.fullmatch(text):
        raise ValueError(f'{shown(text)} is not a unit of systemd: write it like "postgresql.service"')
    return text


def user_name(text: str) -> str:
    """Return the name of a user of the operating system."""
    if not _USER_NAME.fullmatch(text):
        raise ValueError(f'{shown(text)} is not a user name: write it like "www-data"')
    return text


def option_name(text: str) -> str:
    """Return the name of a uWSGI option."""
    if not _OPTION_NAME.fullmatch(text):
        raise ValueError(f'{shown(text)} is not the name of a uWSGI option: write it like "buffer-size"')
    return text


def web_address(text: str) -> str:
    """Return an address that begins with https:// or http://. Raise ValueError, without the address: it may be a secret."""
    if text and not _WEB_ADDRESS.fullmatch(text):
        raise ValueError(
            "this is no address of the web: write one that begins with https:// and has no blanks"
        )
    return text


def _url_path(text: str) -> str:
    if _UNSAFE_IN_URL.search(text):
        raise ValueError(
            f'{shown(text)} contains a character that a URL prefix cannot have: write it like "/shop" or "/media/"'
        )
    return text

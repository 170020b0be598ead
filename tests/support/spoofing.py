"""Headers by which a visitor may pretend to be another user, or to come from another address."""

from __future__ import annotations

from typing import NamedTuple

FORGED_ID = "e" * 32


class Forgery(NamedTuple):
    """The header lines of one request."""

    lines: tuple[str, ...]
    may_pass: bool
    """True for a name that means nothing to any server here: the app may see it as the HTTP_ variable of that name."""

    @property
    def names(self) -> set[str]:
        """Return the HTTP_ variables of these headers in a WSGI environ."""
        names = (line.partition(":")[0].strip() for line in self.lines)
        return {"HTTP_" + name.upper().replace("-", "_") for name in names}

    def __str__(self) -> str:
        return " + ".join(self.lines)


def _replaced(*lines: str) -> Forgery:
    return Forgery(lines, may_pass=False)


def _plain(*lines: str) -> Forgery:
    return Forgery(lines, may_pass=True)


OF_A_PROXY = (
    _replaced("X-Forwarded-For: 6.6.6.6"), _replaced("X-Forwarded-For: 6.6.6.6, 7.7.7.7"),
    _replaced("X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 7.7.7.7"), _replaced("X-Forwarded-For: 6.6.6.6:66"),
    _replaced("X-Forwarded-For: 6.6.6.6, 127.0.0.1"), _replaced('X-Forwarded-For: evil"; x'), _replaced("X-Forwarded-For: ::6"),
    _replaced("X-Forwarded-Proto: https"), _replaced("X-Forwarded-Proto: HTTPS"), _replaced("X-Forwarded-Proto: https, http"),
    _replaced("X-Forwarded-Proto: javascript"), _replaced("X-Forwarded-Proto: https", "X-Forwarded-Proto: http"),
    _replaced("x-FORWARDED-proto: https"), _replaced("X-Forwarded-Proto:https\t"),
    _replaced("X-Forwarded-Host: evil.test"), _replaced("X-Forwarded-Host: evil.test", "X-Forwarded-Host: evil.test:81"),
    _replaced("X-Forwarded-Port: 666"), _replaced("X-Forwarded-Prefix: /evil"), _replaced("X-Forwarded-Ssl: on"),
    _replaced("X-Forwarded-Scheme: https"), _replaced("X-Scheme: https"), _replaced("X-Script-Name: /evil"),
    _replaced("X-Real-IP: 6.6.6.6"), _replaced("x-real-ip: 6.6.6.6", "X-REAL-IP: 7.7.7.7"),
    _replaced("Forwarded: for=6.6.6.6;proto=https;host=evil.test"), _replaced("Forwarded: for=6.6.6.6", "Forwarded: proto=https"),
    _replaced("Proxy: http://evil.test"), _replaced("PROXY: http://evil.test"),
    _replaced("X-Request-ID: evil"), _replaced(f"X-Request-ID: {FORGED_ID}"), _replaced('X-Request-ID: x" status=1'),
    _replaced(f"X-Request-ID: {FORGED_ID}", f"X-Request-ID: {'f' * 32}"), _replaced("X-Request-Start: t=666"),
)  # fmt: skip
"""What only a proxy may say: replaced with what is true, or dropped."""
WITH_UNDERSCORES = (
    _replaced("X_Forwarded_For: 6.6.6.6"), _replaced("X_Real_IP: 6.6.6.6"), _replaced("X_Forwarded-Proto: https"),
    _replaced("X-Forwarded_Proto: https"), _replaced("X_Forwarded_Host: evil.test"), _replaced("X_Request_ID: evil"),
    _replaced("REMOTE_USER: admin"), _replaced("REMOTE_ADDR: 6.6.6.6"), _replaced("SCRIPT_NAME: /evil"), _replaced("PATH_INFO: /evil"),
    _replaced("HTTP_X_FORWARDED_FOR: 6.6.6.6"), _replaced("HTTP_HOST: evil.test"), _replaced("SERVER_NAME: evil.test"), _replaced("SERVER_PORT: 666"),
    _replaced("UWSGI_FILE: /tmp/evil.py"), _replaced("UWSGI_SCRIPT: evil"), _replaced("UWSGI_SCHEME: https"), _replaced("UWSGI_APPID: /evil"),
    _replaced("UWSGI_SETENV: EVIL=1"), _replaced("UWSGI_PYHOME: /evil"), _replaced("wsgi_url_scheme: https"),
)  # fmt: skip
"""WSGI cannot tell these names from those with hyphens, so nginx drops them."""
OF_VARIABLES = tuple(
    _plain(line)
    for line in (
        "Remote-User: admin", "Remote-Addr: 6.6.6.6", "Remote-Port: 666", "Auth-Type: Basic", "HTTPS: on", "Script-Name: /evil",
        "Path-Info: /evil", "Request-URI: /evil", "Request-Method: DELETE", "Request-Scheme: https", "Query-String: evil=1",
        "Server-Name: evil.test", "Server-Port: 666", "Server-Protocol: HTTP/6.6", "Document-Root: /evil",
        "Uwsgi-File: /tmp/evil.py", "Uwsgi-Script: evil", "Uwsgi-Scheme: https", "Uwsgi-AppID: /evil", "Uwsgi-Setenv: EVIL=1",
        "Uwsgi-Pyhome: /evil", "Uwsgi-Chdir: /evil", "Uwsgi-Touch-Reload: /evil", "Wsgi.url-scheme: https", "HTTP-Host: evil.test",
        "X-Remote-User: admin", "X-Forwarded-User: admin", "X-Remote-Addr: 6.6.6.6", "X-Forwarded: for=6.6.6.6",
        "X-Forwarded-Server: evil.test", "X-Forwarded-By: evil.test", "X-Forwarded-Protocol: ssl", "X-Forwarded-TLS: on",
        "X-Client-IP: 6.6.6.6", "X-Cluster-Client-IP: 6.6.6.6", "Client-IP: 6.6.6.6", "True-Client-IP: 6.6.6.6",
        "CF-Connecting-IP: 6.6.6.6", "Front-End-Https: on", "X-Url-Scheme: https", "X-Original-URL: /evil", "X-Rewrite-URL: /evil",
        "X-HTTP-Method-Override: DELETE", "X-Accel-Redirect: /static/.env", "X-Accel-Buffering: no", "X-Sendfile: /etc/passwd",
        "X-Enuf-Taken: 1", "X-Enuf-Passed: 1", "X-Correlation-ID: evil", "Via: 1.1 evil.test", "X.Forwarded.For: 6.6.6.6", "X-Forwarded-For.: 6.6.6.6",
    )
)  # fmt: skip
"""Names of CGI and uwsgi variables, and what other proxies and frameworks send: plain headers here, with no effect."""
FORGERIES = (*OF_A_PROXY, *WITH_UNDERSCORES, *OF_VARIABLES)

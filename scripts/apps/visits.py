"""The requests for an application: what its file names, and the questions that every page and file gets."""

from __future__ import annotations

from scripts.apps.catalog import Application, Ask

MISSING = "/no-such-page-anywhere"


def visits(application: Application) -> list[Ask]:
    """Return all requests in their order: the application's own come last, for they change its state."""
    asked = [ask for path in application.pages for ask in _about_page(path)]
    asked += [ask for path in application.static for ask in _about_file(path)]
    asked += [Ask(path=MISSING), Ask(path=MISSING, method="HEAD"), Ask(path=f"{MISSING}?a=%00%F0%9F%90%8D")]
    return [*asked, *application.requests]


def _about_page(path: str) -> list[Ask]:
    return [
        Ask(path=path),
        Ask(path=path, method="HEAD"),
        Ask(path=path, method="OPTIONS"),
        Ask(path=path, method="DELETE"),
        Ask(path=path, headers={"Accept-Encoding": "gzip"}),
        Ask(path=path, headers={"Accept": "application/json", "Accept-Language": "ko"}),
    ]


def _about_file(path: str) -> list[Ask]:
    folder = path.rsplit("/", 1)[0]
    return [
        Ask(path=path, take={"body": "(?s)^(.{0,20})"}),
        Ask(path=path, headers={"If-None-Match": "{etag}"}),
        Ask(path=path, headers={"If-None-Match": '"another"'}),
        Ask(path=path, headers={"If-Modified-Since": "{last-modified}"}),
        Ask(path=path, headers={"Range": "bytes=0-9"}),
        Ask(path=path, headers={"Range": "bytes=-5"}),
        Ask(path=path, headers={"Range": "bytes=999999999-"}),
        Ask(path=path, headers={"Range": "bytes=0-9", "If-Range": '"another"'}),
        Ask(path=path, headers={"Accept-Encoding": "gzip"}),
        Ask(path=path, method="HEAD"),
        Ask(path=path, method="OPTIONS"),
        Ask(path=path, method="POST", form={"a": "b"}),
        Ask(path=f"{path}?v=1"),
        Ask(path=f"{path}/"),
        Ask(path=f"{folder}/no-such-file.css"),
        Ask(path=f"{folder}/"),
        Ask(path=f"{folder}/%2e%2e/%2e%2e/etc/passwd"),
    ]

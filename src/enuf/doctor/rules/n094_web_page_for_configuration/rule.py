"""A web page that was saved under the name of a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.read.recognise import is_web_page
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand

_NAMES = ("uwsgi_params", "proxy_params", "fastcgi_params", "mime.types", "nginx.conf", "uwsgi.ini")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every web page with the name of a configuration: an error where a site includes the page."""
    included = {path for site in evidence.sites for path in site.files[1:]}
    for file in evidence.files:
        named = file.path.rpartition("/")[2] in _NAMES
        if (named or file.path in included) and is_web_page(file.text):
            yield _diagnostic(file, is_included=file.path in included)


def _diagnostic(file: SourceFile, *, is_included: bool) -> Diagnostic:
    return at_line(
        file.path,
        1,
        "this is a web page, not the file that it is named after: the program that reads it does not start",
        severity="error" if is_included else None,
        hint="save the raw file, not the page that shows it",
        fix=by_hand("save the raw file"),
    )


RULE = Rule("N094", "web-page-for-configuration", "warning", check)

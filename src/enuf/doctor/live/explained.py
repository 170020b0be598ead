"""The faults in files that explain what a running stack shows, by symptom, those first that explain most. Pure."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.model.finding import Finding

NOT_STARTED = (
    "U025", "U026", "U015", "U018", "U029", "U028", "S005", "S008", "S009", "L007", "U024", "U020", "U031", "D002", "D003", "D004",
)  # fmt: skip
"""What keeps uWSGI from starting, or makes it listen elsewhere."""
NGINX_STOPPED = ("N011", "N002", "N012", "L007")
"""What keeps nginx from starting."""
NO_APP = ("U013", "U022", "U010", "U011", "U012", "A003", "A004", "U016", "S006", "S007", "U019")
"""What keeps uWSGI from loading the app."""
CLOSED_EARLY = ("N001", "U003", "L003", "L002", "U017", "U018", "U001")
"""What makes uWSGI close the connection without an answer."""

ASKED_BESIDE = ("A006", "G026", "N042", "N069", "N084")
"""Codes that causes of another code ask for."""

LAST = (
    "U041", "A007", "N005", "N019", "U044", "U046", "N014", "N043", "N016", "N017", "S018", "U042", "U043", "U038", "S011", "R010",
)  # fmt: skip
"""What fails no ordinary visitor, unless it is an error of the running stack: noise in logs, openings for attackers, first those
on the network, requests of a rare form, and a URL that fits no file."""


def explained_by(case: LiveCase, codes: tuple[str, ...], *, anywhere: bool = False) -> Finding | None:
    """Return the finding in the files that explains a symptom; a mere piece of advice explains none.

    `anywhere` also takes findings that are not about the way of this request: what stops nginx stops every site.
    """
    found = (
        each
        for code in codes
        for each in case.findings
        if each.code == code and each.severity != "advice" and (anywhere or case.is_on_the_way(each))
    )
    return next(found, None)

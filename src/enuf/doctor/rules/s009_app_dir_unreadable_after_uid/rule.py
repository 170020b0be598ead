"""A chdir into a folder that the workers' user may not enter."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import ROOT_USERS, closed_folder, uwsgi_group, uwsgi_user
from enuf.doctor.rule import Diagnostic, Rule, at_option, at_setting, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first closed folder above each chdir, searched from the root folder down as uWSGI's user."""
    for server in evidence.servers:
        user, option = uwsgi_user(server), server.config.last("chdir")
        if not user or user in ROOT_USERS:
            continue
        message = "{0} may not enter {1}: uWSGI exits with `chdir(): Permission denied`"
        fix = by_hand(f"move the app to /srv/<app>, or let {user} enter the folder")
        if option and option.value.startswith("/") and not option.unresolved and not option.conditional:
            folder = closed_folder(evidence, f"{option.value}/.x", user, uwsgi_group(server))
            if folder:
                yield at_option(option, message.format(user, folder), hint="chdir = /srv/<app>", fix=fix)
        unit = server.start.unit if server.start else None
        place = unit.last("WorkingDirectory") if unit and unit.value("User") == user else None
        if place and place.value.startswith("/") and "%" not in place.value:
            folder = closed_folder(evidence, f"{place.value}/.x", user, uwsgi_group(server))
            if folder:
                message = f"{user} may not enter {folder}: systemd cannot change into it, 200/CHDIR"
                yield at_setting(place, message, hint="WorkingDirectory=/srv/<app>", fix=fix)


RULE = Rule("S009", "app-dir-unreadable-after-uid", "error", check)

"""A Django project whose settings turn the debug mode on, behind a server for production."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.django import django_setting
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served settings module in which DEBUG is True at last, without a condition."""
    for server in all_servers(evidence):
        setting = django_setting(evidence, server, "DEBUG")
        if setting and setting.value is True:
            yield at_node(
                setting.python_file.path,
                setting.node,
                "debug mode is on for every visitor: an error shows the source, the settings and the variables, "
                "and each SQL query stays in memory",
                hint='DEBUG = os.environ.get("DEBUG") == "1"',
                fix=by_hand("read DEBUG from the environment"),
            )


RULE = Rule("A028", "django-debug", "warning", check)

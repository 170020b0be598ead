"""A secret among the words of a command, which every user of the host can list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns
from enuf.doctor.rule import Diagnostic, Rule

_SECRET = re.compile(r"(\w*(?:SECRET|PASSWORD|PASSWD|TOKEN|API_KEY|PRIVATE_KEY)\w*)=(.+)", re.DOTALL)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every secret in --env of a command line."""
    for server in gunicorns(evidence):
        setting = server.setting("raw_env")
        if setting is None or setting.file != server.start.file or not isinstance(setting.value, list):
            continue
        for each in setting.value:
            match = _SECRET.fullmatch(str(each)) if each is not None else None
            if match and "$" not in match[2]:
                yield at_app_setting(
                    server,
                    "raw_env",
                    f"{match[1]} stands on the command line: every user of the host sees it with `ps`",
                    hint="EnvironmentFile=/etc/shop.env   with mode 0600",
                )


RULE = Rule("G022", "secret-on-command-line", "warning", check)

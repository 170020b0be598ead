"""The index of the doctor's rules."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from scripts.reference.texts import ROOT, Texts, table

from enuf.doctor import rules as rules_package
from enuf.doctor.engine import all_rules
from enuf.doctor.pages import page as rule_page
from enuf.model.finding import SEVERITIES

FAMILIES = {
    "U": {"en": "uWSGI configuration", "ko": "uWSGI 설정"},
    "G": {"en": "gunicorn, uvicorn and granian", "ko": "gunicorn, uvicorn, granian"},
    "N": {"en": "nginx sites", "ko": "nginx 사이트"},
    "L": {"en": "The link between nginx and uWSGI", "ko": "nginx와 uWSGI 사이"},
    "C": {"en": "Containers", "ko": "컨테이너"},
    "K": {"en": "Kubernetes", "ko": "쿠버네티스"},
    "S": {"en": "The system: users, permissions, systemd", "ko": "시스템: 사용자, 권한, systemd"},
    "A": {"en": "The app", "ko": "앱"},
    "D": {"en": "Files that the doctor or uWSGI cannot use", "ko": "읽을 수 없거나 쓸 수 없는 파일"},
}


def rules(texts: Texts) -> str:
    """Return the table of each family of rules, with links to the rules' pages."""
    parts = []
    for letter, title in FAMILIES.items():
        rows = [_rule(texts, rule) for rule in all_rules() if rule.code.startswith(letter)]
        heads = [texts.words[word] for word in ("code", "name", "severity", "title")]
        parts.append(f"## {title[texts.language]}\n\n{table(heads, rows)}")
    unknown = [rule.code for rule in all_rules() if rule.code[0] not in FAMILIES]
    assert not unknown, f"scripts/reference/rules.py: FAMILIES has no title for {unknown}"
    return "\n".join(parts)


def _rule(texts: Texts, rule: Any) -> tuple[str, ...]:
    folder = next(
        each.name for each in files(rules_package).iterdir() if each.name.startswith(f"{rule.code.lower()}_")
    )
    place = Path(str(files(rules_package))).relative_to(ROOT)
    link = f"../../../{place}/{folder}/page.{texts.language}.md"
    title = (rule_page(rule.code, texts.language) or "").splitlines()[0].partition(": ")[2]
    assert rule.severity in SEVERITIES
    return f"`{rule.code}`", f"`{rule.name}`", texts.words[rule.severity], f"[{title}]({link})"

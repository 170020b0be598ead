"""The index of the doctor's rules."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from scripts.reference.texts import ROOT, Texts, table

from enuf.doctor import live as live_package
from enuf.doctor import rules as rules_package
from enuf.doctor.engine import all_rules
from enuf.doctor.live.engine import all_causes
from enuf.doctor.pages import live_codes, live_page_name
from enuf.doctor.pages import page as rule_page
from enuf.doctor.rule_folders import rule_folders
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
    "R": {"en": "What only a running stack shows", "ko": "돌고 있는 스택에서만 보이는 것"},
    "D": {"en": "Files that the doctor or uWSGI cannot use", "ko": "읽을 수 없거나 쓸 수 없는 파일"},
}


def rules(texts: Texts) -> str:
    """Return the table of each family of rules, with links to the rules' pages."""
    parts = []
    for letter, title in FAMILIES.items():
        rows = [_rule(texts, rule) for rule in _every() if rule.code.startswith(letter)]
        heads = [texts.words[word] for word in ("code", "name", "severity", "title")]
        parts.append(f"## {title[texts.language]}\n\n{table(heads, rows)}")
    unknown = [rule.code for rule in _every() if rule.code[0] not in FAMILIES]
    assert not unknown, f"scripts/reference/rules.py: FAMILIES has no title for {unknown}"
    return "\n".join(parts)


def _every() -> list[Any]:
    """Return the rules, and the causes that only a running stack shows, by their codes."""
    live = {cause.code: cause for cause in all_causes() if cause.code in live_codes()}
    return sorted([*all_rules(), *live.values()], key=lambda each: each.code)


def _rule(texts: Texts, rule: Any) -> tuple[str, ...]:
    title = (rule_page(rule.code, texts.language) or "").splitlines()[0].partition(": ")[2]
    assert rule.severity in SEVERITIES
    link = f"../../../{_place(rule.code, texts.language)}"
    return f"`{rule.code}`", f"`{rule.name}`", texts.words[rule.severity], f"[{title}]({link})"


def _place(code: str, language: str) -> Path:
    """Return the path of a page in the repository."""
    name = live_page_name(code)
    if name:
        return Path(str(files(live_package))).relative_to(ROOT) / f"pages/{name}.{language}.md"
    return Path(str(files(rules_package))).relative_to(ROOT) / rule_folders()[code] / f"page.{language}.md"

"""The report: a table of the applications, one of the reasons, and the differences of one application in full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.apps.reasons import REASONS
from scripts.apps.trial import Outcome
from scripts.docs_site import github_slug

BEGIN, END = "<!-- apps -->", "<!-- end of apps -->"
_SHOWN = 1500

_ENGLISH = {
    "applications": "| application | version | served by | requests | varying | differences | unexplained |",
    "warnings": "| application | `enuf up` warns |",
    "reasons": "| reason | applications | differences |",
    "refused": "refused, as it should be: exit {code}, {said}",
    "not tried": "not tried: no source",
    "failed": "**no result**",
}
_KOREAN = {
    "applications": "| 앱 | 버전 | 실행 | 요청 | 매번 바뀌는 부분 | 차이 | 설명 없는 차이 |",
    "warnings": "| 앱 | `enuf up`의 경고 |",
    "reasons": "| 이유 | 앱 | 차이 |",
    "refused": "거절이 맞음: 종료 코드 {code}, {said}",
    "not tried": "해 보지 않음: 소스 없음",
    "failed": "**결과 없음**",
}
_WORDS = {"en": _ENGLISH, "ko": _KOREAN}


def tables(outcomes: Sequence[Outcome], headings: Sequence[str], language: str = "en") -> str:
    """Return the tables in Markdown; `headings` are those that explain the reasons, in their order."""
    words = _WORDS[language]
    reasons = [words["reasons"], "|---|---|---|", *_reason_rows(outcomes, headings)]
    rows = [_row(outcome, words) for outcome in outcomes]
    warned = [_line([each.application.title, f"`{line}`"]) for each in outcomes for line in each.warnings]
    warnings = ["", words["warnings"], "|---|---|", *warned] if warned else []
    return "\n".join([words["applications"], "|---|---|---|---|---|---|---|", *rows, "", *reasons, *warnings])


def _row(outcome: Outcome, words: dict[str, str]) -> str:
    application = outcome.application
    start = [application.title, outcome.version, f"`{' '.join(['enuf up', *application.enuf])}`"]
    found = outcome.comparison
    if found is not None and not outcome.failure:
        numbers = [found.requests, found.varying, len(found.differences), len(outcome.unexplained)]
        return _line([*start, *map(str, numbers)])
    if outcome.refusal is not None:
        text = words["refused"].format(code=outcome.refusal.code, said=f"`{outcome.refusal.error}`")
    else:
        text = words["not tried" if outcome.not_tried else "failed"]
    return _line([*start, text, "", "", ""])


def _reason_rows(outcomes: Sequence[Outcome], headings: Sequence[str]) -> Iterator[str]:
    for reason, heading in zip(REASONS, headings, strict=True):
        counts = [outcome.reasons[reason.name] for outcome in outcomes if reason.name in outcome.reasons]
        if counts:
            yield _line([f"[{heading}](#{github_slug(heading, '-')})", str(len(counts)), str(sum(counts))])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write_into(page: Path, text: str) -> None:
    """Replace what stands between the marks on a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def explaining_headings(page: str) -> list[str]:
    """Return the headings of the third level on a page: one for each reason, in the order of the reasons."""
    return re.findall(r"^### (.+)$", page, re.M)


def in_full(outcome: Outcome) -> str:
    """Return everything about one application, for its developer's eyes: each unexplained difference with both texts."""
    lines = [
        outcome.headline,
        *outcome.warnings,
        *(f"{name}: {count}" for name, count in outcome.reasons.items()),
    ]
    for difference in outcome.unexplained:
        ask = difference.ask
        lines += [
            f"{ask.method} {ask.path} {ask.headers or ''} {difference.part}",
            f"  enuf     {difference.ours[:_SHOWN]!r}",
            f"  gunicorn {difference.theirs[:_SHOWN]!r}",
        ]
    return "\n".join(lines) + "\n"

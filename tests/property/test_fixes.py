"""Fixes of configurations as people write them: made once, made whole, and never against nginx."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripts.doctor_corpus import read_corpus

from enuf.discover.tools import nginx_at_hand
from enuf.doctor.edits import FileChange
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.pages import codes, examples, page
from enuf.doctor.read.assemble import evidence_of
from enuf.syntax.nginx_stock import STOCK
from tests.support.fixes import planned

pytestmark = pytest.mark.native

GOLDEN = Path(__file__).parents[1] / "golden"
Texts = Mapping[str, str]


@cache
def sources() -> tuple[Texts, ...]:
    """Return the deployments of the corpus, the examples of the pages, and what enuf itself writes."""
    pages = [each.texts for code in codes() for each in examples(page(code, "en") or "")]
    own = [
        {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".conf", ".ini")}
        for folder in sorted(GOLDEN.iterdir())
        if folder.is_dir()
    ]
    return (*(each.texts for each in read_corpus()), *pages, *own)


@st.composite
def deployments(draw: st.DrawFn) -> Texts:
    """Draw a deployment, with the habits of another editor, and with lines that somebody has taken out."""
    texts = dict(draw(st.sampled_from(sources())))
    habit = draw(st.sampled_from(["as it is", "tabs", "carriage returns", "no last line feed", "comments"]))
    for name, text in texts.items():
        lines = text.split("\n")
        for _ in range(draw(st.integers(0, 2))):
            victim = draw(st.integers(0, len(lines) - 1))
            if not re.search(r"[{}]", lines[victim]):
                del lines[victim : victim + 1]
        texts[name] = _with_habit("\n".join(lines) or "\n", habit)
    return texts


def _with_habit(text: str, habit: str) -> str:
    if habit == "tabs":
        return re.sub(r"^((?:    )+)", lambda match: "\t" * (len(match[1]) // 4), text, flags=re.MULTILINE)
    if habit == "carriage returns":
        return text.replace("\r\n", "\n").replace("\n", "\r\n")
    if habit == "comments":
        return re.sub(r"^([^#\n]*[;{])$", r"\1  # 설명", text, flags=re.MULTILINE)
    return text.rstrip("\n") if habit == "no last line feed" else text


def after(evidence: Evidence, changes: tuple[FileChange, ...]) -> Evidence:
    own = {file.path: file.text for file in evidence.files if "#/" not in file.path}
    return evidence_of({**own, **{each.path: each.after for each in changes}})


def accepts(text: str) -> bool:
    """Return whether nginx takes the text of a site as it is written, as far as its syntax goes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stock, content in STOCK.items():
            (folder / stock).write_text(content)
        (folder / "site").write_text(text)
        is_whole = re.search(r"^\s*(events|http)\s*\{", text, re.MULTILINE)
        (folder / "main").write_text("events {}\nhttp {\ninclude site;\n}\n")
        main = folder / ("site" if is_whole else "main")
        done = subprocess.run(
            [nginx_at_hand(), "-t", "-p", f"{folder}/", "-c", str(main), "-e", "stderr"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return "syntax is ok" in done.stderr


def assert_only_the_lines_of_fixes_differ(evidence: Evidence, change: FileChange) -> None:
    """Assert that each line that no fix writes to is there as before, with the ending that it had."""
    # A last line without an ending gets one when a line is added below it.
    before, now = (re.split(r"\r?\n", text) for text in (change.before, change.after))
    edits = [
        edit
        for finding in examine(evidence)
        for edit in (finding.fix.edits if finding.fix else ())
        if edit.file == change.path and edit.action != "insert"
    ]
    written = {edit.line for edit in edits}
    kept = [line for number, line in enumerate(before, 1) if number not in written]
    remaining = iter(now)
    assert all(line in remaining for line in kept), change.after
    if "\r\n" in change.before:
        assert change.after.count("\n") - change.after.count("\r\n") <= change.before.count(
            "\n"
        ) - change.before.count("\r\n")


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(deployments(), st.booleans())
def test_fixes_are_made_once_and_change_nothing_else(texts: Texts, named: bool) -> None:
    evidence = evidence_of(texts)
    wanted = tuple({each.code for each in examine(evidence)}) if named else ()
    changes = planned(evidence, *wanted)
    fixed = after(evidence, changes)
    assert planned(fixed, *wanted) == ()
    for change in changes:
        assert_only_the_lines_of_fixes_differ(evidence, change)
        file = evidence.file(change.path)
        if file and file.kind == "nginx" and accepts(change.before):
            assert accepts(change.after), change.after


def test_the_sources_are_many() -> None:
    assert len(sources()) > 2 * len(all_rules())

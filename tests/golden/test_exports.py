"""What `enuf export` writes is what stands here, and the doctor finds nothing in it that breaks or bites."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import examine
from enuf.doctor.read.assemble import evidence_of
from tests.golden.cases import REGENERATE
from tests.golden.exports import EXPORTS, export_of, kept_export
from tests.support.exports import exported


@pytest.mark.parametrize("target", EXPORTS)
def test_an_export_is_as_it_stands_here(target: str) -> None:
    texts = export_of(target)
    expected = {name: kept_export(target, name).read_text(encoding="utf-8") for name in texts}
    assert texts == expected, f"if this is what you want: {REGENERATE}"


@pytest.mark.parametrize("values", [{}, {"topology": "nginx-gunicorn"}, {"topology": "gunicorn"}], ids=str)
@pytest.mark.parametrize("target", EXPORTS)
def test_the_doctor_finds_no_error_and_no_warning_in_an_export(
    target: str, values: dict[str, object]
) -> None:
    if target == "swarm" and values:
        pytest.skip("swarm takes uWSGI behind nginx alone")
    files = exported(target, values)
    app = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}
    findings = examine(evidence_of({**app, **{f"deploy/{name}": text for name, text in files.items()}}))
    assert [
        f"{each.code} {each.file}: {each.message}" for each in findings if each.severity != "advice"
    ] == []

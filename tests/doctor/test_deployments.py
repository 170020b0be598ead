"""The corpus of small deployments: what the doctor says of each one, and how often that is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.doctor_corpus import (
    DEFAULT_FOLDER,
    PRECISION,
    RECALL,
    Claim,
    Outcome,
    judge,
    precision,
    read_corpus,
    read_deployment,
    recall,
)

from enuf.doctor.container import service_of_file
from enuf.doctor.read.assemble import evidence_of

NAMES = sorted(path.stem for path in DEFAULT_FOLDER.glob("*.md"))
SITE = "```nginx name=site.conf\nserver { listen 80; }\n```\n"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {deployment.name: judge(deployment) for deployment in read_corpus()}


@pytest.mark.parametrize("name", NAMES)
def test_the_doctor_says_what_is_true_of_a_deployment(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    claims = outcome.deployment.claims
    assert (outcome.wrong, outcome.missed) == (claims["false"], claims["missed"]), outcome.deployment.title


@pytest.mark.parametrize("severity", PRECISION)
def test_what_the_doctor_says_is_nearly_always_true(severity: str, outcomes: dict[str, Outcome]) -> None:
    right, total = precision(outcomes.values(), severity)
    assert right >= PRECISION[severity] * total


@pytest.mark.parametrize("group", RECALL)
def test_the_doctor_finds_most_of_what_is_true(group: str, outcomes: dict[str, Outcome]) -> None:
    found, total = recall(outcomes.values(), group)
    assert found >= RECALL[group] * total


def test_the_service_of_a_file_is_found_without_asking_every_service() -> None:
    found = 0
    for deployment in read_corpus():
        if any("compose" in name for name in deployment.texts):
            evidence = evidence_of({f"/srv/{name}": text for name, text in deployment.texts.items()})
            for file in evidence.files:
                expected = service_of_file(file.path, evidence.services)
                found += expected is not None
                assert evidence.service_of(file.path) is expected, f"{deployment.name}: {file.path}"
    assert found


def test_a_deployment_is_read_with_its_claims_files_and_links(tmp_path: Path) -> None:
    path = tmp_path / "gunicorn-shop.md"
    path.write_text(
        f"# A shop\n\nexpect: N001 warning, L001 error\nmay: U001 warning\n\n{SITE}"
        "```link name=sites-enabled/shop\n../site.conf\n```\n"
    )
    read = read_deployment(path)
    assert read.title == "A shop"
    assert read.group == "gunicorn"
    assert read.true == {Claim("N001", "warning"), Claim("L001", "error")}
    assert read.claims["may"] == {Claim("U001", "warning")}
    assert read.texts == {"site.conf": "server { listen 80; }\n"}
    assert read.links == {"sites-enabled/shop": "../site.conf"}


@pytest.mark.parametrize(
    "text",
    [
        f"A shop\n\nexpect: nothing\n\n{SITE}",
        f"# A shop\n\n{SITE}",
        "# A shop\n\nexpect: nothing\n",
        f"# A shop\n\nexpect: L001\n\n{SITE}",
        f"# A shop\n\nexpect: L001 advice\n\n{SITE}",
        f"# A shop\n\nexpected: nothing\nexpect: nothing\n\n{SITE}",
        f"# A shop\n\nexpect: nothing\n\n{SITE}```ini\n[uwsgi]\n```\n",
    ],
)
def test_a_deployment_that_is_not_written_as_it_must_be_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.md"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"^shop\.md: "):
        read_deployment(path)


def test_findings_are_counted_as_right_wrong_arguable_and_missed(tmp_path: Path) -> None:
    path = tmp_path / "shop.md"
    path.write_text(f"# A shop\n\nexpect: A001 error, A002 error\nmay: A003 error\n\n{SITE}")
    found = frozenset(Claim(code, "error") for code in ("A001", "A003", "A004"))
    outcome = Outcome(read_deployment(path), found)
    assert precision([outcome], "error") == (1, 2)
    assert recall([outcome], "uwsgi") == (1, 2)

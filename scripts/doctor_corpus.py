"""Score the doctor on small deployments written as people write them: precision and recall. Exit 1 below the thresholds.

A deployment is one Markdown file SHAPE-NAME.md: a sentence that says what is wrong, what is true on the servers, and
its files as fenced blocks.

    # The socket has another path in the site than in the ini

    expect: L001 error, N016 warning     or `expect: nothing`; every error and warning that is true, no advice
    may: L006 warning                    arguable: counts neither way
    missed: U028 error                   true, and not found yet: counts against the recall
    false: N013 warning                  found, and not true: counts against the precision

    ```nginx name=nginx/site.conf
    ```

A fence `link` makes a symbolic link to the path that its body holds.

    python scripts/doctor_corpus.py [FOLDER] [-v]        default: tests/doctor/deployments
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from enuf.doctor.collect.deployment import collect
from enuf.doctor.engine import examine
from enuf.doctor.evidence import Evidence
from enuf.model.finding import Finding

DEFAULT_FOLDER = Path(__file__).parents[1] / "tests/doctor/deployments"
PRECISION = {"error": 0.95, "warning": 0.85}
RECALL = {"uwsgi": 0.85, "gunicorn": 0.7}
_FENCE = re.compile(
    r"^(?P<fence>```+)(?P<kind>\S*) name=(?P<name>\S+)[ \t]*\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_LINE = re.compile(r"^(?P<key>[a-z]+):[ \t]*(?P<claims>.*)$", re.MULTILINE)
_CLAIM = re.compile(r"(?P<code>[A-Z]\d{3}) (?P<severity>error|warning)")
_KEYS = ("expect", "may", "missed", "false")


class Claim(NamedTuple):
    """A code at a severity."""

    code: str
    severity: str

    def __str__(self) -> str:
        return f"{self.code} {self.severity}"


class Deployment(NamedTuple):
    """A small deployment and what is true about it."""

    name: str
    title: str
    claims: dict[str, frozenset[Claim]]
    """By `expect`, `may`, `missed` and `false`."""
    texts: dict[str, str]
    links: dict[str, str]

    @property
    def group(self) -> str:
        """The server that the thresholds of recall are about."""
        return "gunicorn" if self.name.startswith("gunicorn") else "uwsgi"

    @property
    def true(self) -> frozenset[Claim]:
        """Every error and warning that is true, found or not."""
        return self.claims["expect"] | self.claims["missed"]


class Outcome(NamedTuple):
    """What the doctor said about a deployment."""

    deployment: Deployment
    found: frozenset[Claim]

    @property
    def right(self) -> frozenset[Claim]:
        return self.found & self.deployment.true

    @property
    def wrong(self) -> frozenset[Claim]:
        return self.found - self.deployment.true - self.deployment.claims["may"]

    @property
    def missed(self) -> frozenset[Claim]:
        return self.deployment.true - self.found


def read_deployment(path: Path) -> Deployment:
    """Read the file of a deployment. Raise ValueError if it is not written as it must be."""
    text = path.read_text(encoding="utf-8")
    head = text.partition("```")[0]
    lines = {match["key"]: match["claims"] for match in _LINE.finditer(head)}
    blocks = list(_FENCE.finditer(text))
    if not text.startswith("# ") or "expect" not in lines or not blocks or set(lines) - set(_KEYS):
        raise ValueError(f"{path.name}: a title, `expect:` and fenced files with name= are needed")
    if len(blocks) * 2 != len(re.findall(r"^```", text, re.MULTILINE)):
        raise ValueError(f"{path.name}: every fence needs a name=")
    return Deployment(
        name=path.stem,
        title=text.partition("\n")[0].removeprefix("# "),
        claims={key: _claims(path, lines.get(key, "nothing")) for key in _KEYS},
        texts={block["name"]: block["body"] for block in blocks if block["kind"] != "link"},
        links={block["name"]: block["body"].strip() for block in blocks if block["kind"] == "link"},
    )


def _claims(path: Path, text: str) -> frozenset[Claim]:
    if text.strip() == "nothing":
        return frozenset()
    claims = []
    for part in text.split(","):
        match = _CLAIM.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{path.name}: `{part.strip()}` is no code with `error` or `warning`")
        claims.append(Claim(match["code"], match["severity"]))
    return frozenset(claims)


def read_corpus(folder: Path = DEFAULT_FOLDER) -> tuple[Deployment, ...]:
    """Read every deployment of a folder, sorted by name."""
    return tuple(read_deployment(path) for path in sorted(folder.glob("*.md")))


def evidence_in(deployment: Deployment, folder: Path) -> Evidence:
    """Write the files of a deployment below an empty folder and collect the evidence as `enuf doctor` does."""
    for name, text in deployment.texts.items():
        target = folder / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
    for name, goal in deployment.links.items():
        (folder / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (folder / name.lstrip("/")).symlink_to(goal)
    return collect([folder])


def judge(deployment: Deployment) -> Outcome:
    """Examine a deployment in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="deployment-") as folder:
        return Outcome(deployment, claims_of(examine(evidence_in(deployment, Path(folder)))))


def claims_of(findings: Iterable[Finding]) -> frozenset[Claim]:
    """Return the errors and warnings, each code once."""
    return frozenset(Claim(each.code, each.severity) for each in findings if each.severity != "advice")


def precision(outcomes: Iterable[Outcome], severity: str) -> tuple[int, int]:
    """Return how many findings of a severity are true, and how many there are. What is arguable is left out."""
    pairs = [
        (sum(claim.severity == severity for claim in each.right), each.right | each.wrong)
        for each in outcomes
    ]
    total = sum(claim.severity == severity for _, found in pairs for claim in found)
    return sum(right for right, _ in pairs), total


def recall(outcomes: Iterable[Outcome], group: str) -> tuple[int, int]:
    """Return how many true errors and warnings were found in the deployments of a server, and how many there are."""
    chosen = [each for each in outcomes if each.deployment.group == group]
    return sum(len(each.right) for each in chosen), sum(len(each.deployment.true) for each in chosen)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("-v", "--verbose", action="store_true", help="list what each deployment came to")
    options = parser.parse_args()
    outcomes = [judge(deployment) for deployment in read_corpus(options.folder)]
    for outcome in outcomes:
        for word, claims in (("false", outcome.wrong), ("missed", outcome.missed)):
            if claims:
                print(f"{outcome.deployment.name}: {word} {', '.join(sorted(map(str, claims)))}")
        if options.verbose and not outcome.wrong and not outcome.missed:
            print(f"{outcome.deployment.name}: right {', '.join(sorted(map(str, outcome.right)))}")
    return tell(outcomes)


def tell(outcomes: list[Outcome]) -> int:
    """Print the figures and return the exit code."""
    healthy = sum(not outcome.deployment.true for outcome in outcomes)
    print(f"{len(outcomes)} deployments, {healthy} of them healthy")
    passed = True
    figures = [
        *((f"precision of {name}s", precision(outcomes, name), least) for name, least in PRECISION.items()),
        *((f"recall on {name} + nginx", recall(outcomes, name), least) for name, least in RECALL.items()),
    ]
    for words, (part, whole), least in figures:
        share = part / whole if whole else 1.0
        passed = passed and share >= least
        print(f"{words}: {share:.3f} ({part} of {whole}), at least {least}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

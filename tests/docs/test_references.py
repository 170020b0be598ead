"""The references are what the code says, whole, in both languages, and the JSON documents are what the verbs print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scripts.reference.pages import pages
from scripts.reference.texts import Texts

from enuf.bench.advice import SlotCounts, SlotPoint, SlotTarget
from enuf.bench.comparison import compare_reports
from enuf.cli.root import VERBS
from enuf.cli.terminal.bench_advice_view import advice_document
from enuf.cli.terminal.bench_compare_view import comparison_document
from enuf.doctor.pages import codes, live_codes
from enuf.errors import EnufError
from enuf.model.finding import Finding
from enuf.model.plan import Plan
from enuf.model.site import HostNginx, Site
from enuf.model.snapshot import Snapshot
from enuf.observe.logs.records import Record
from enuf.observe.logs.story import Phase
from enuf.settings.fields import dotted_keys
from enuf.system.side_runs import FOLDER as FOLDER_OF_RUNS
from tests.support.bench_reports import made_up_report, made_up_row
from tests.support.dashboard import dashboard_pid, metrics, with_dashboard
from tests.support.stack import APP, Finished, Stack, until

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "ko")
DOCUMENTS: dict[str, Any] = Texts("en").facts["documents"]
KINDS: tuple[type[msgspec.Struct], ...] = (Plan, Snapshot, Finding, Record, Phase)
TYPES = {kind.__name__: kind for kind in KINDS}


def page(language: str, name: str) -> str:
    return (ROOT / f"docs/{language}/reference/{name}.md").read_text(encoding="utf-8")


# -- the pages


def test_every_page_is_the_one_that_the_code_makes() -> None:
    made, _ = pages()
    old = [
        str(path.relative_to(ROOT))
        for path, text in made.items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert not old, "run: make reference"


@pytest.mark.parametrize(("language", "name"), [("en", "NAME"), ("ko", "이름")])
def test_every_file_of_an_installed_site_is_on_the_page_about_files(language: str, name: str) -> None:
    site = Site(
        name=name, nginx=HostNginx(version="1.22", user="www-data", log="/var/log/nginx", has_ipv6=True)
    )
    properties = {key for key, value in vars(Site).items() if isinstance(value, property)} - {
        "old_nginx_log",
        "full_name",
    }
    named = {value for key in properties if isinstance(value := getattr(site, key), str)}
    of_runs = f"{site.log}/{FOLDER_OF_RUNS}"
    text = page(language, "files")
    assert [path for path in sorted({*named, of_runs}) if path.rpartition("/")[2] not in text] == []


def test_every_text_is_there_in_both_languages_and_none_is_left_over() -> None:
    _, problems = pages()
    assert not problems, "write or remove these, then run: make reference"


def test_both_languages_have_the_same_pages_with_the_same_parts() -> None:
    english, korean = (
        sorted(path.name for path in (ROOT / f"docs/{each}/reference").iterdir()) for each in LANGUAGES
    )
    assert english == korean
    for name in english:
        parts, translated = (
            re.findall(r"^#+ |^\||^<!-- .*|^```", page(each, name.removesuffix(".md")), re.MULTILINE)
            for each in LANGUAGES
        )
        assert parts == translated, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slug_that_the_source_raises_is_listed(language: str) -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    raised = set(re.findall(r"\bslug=\"([a-z-]+)\"", source))
    kinds: list[type[EnufError]] = [EnufError, *EnufError.__subclasses__()]
    raised |= {kind.slug for kind in kinds}
    listed = re.findall(
        r"^\| `([a-z-]+)` \| \d+ \| \S.* \| \S.* \|$", page(language, "exit-codes"), re.MULTILINE
    )
    assert sorted(listed) == sorted(raised)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_has_a_chapter_with_its_exit_codes_and_an_example(language: str) -> None:
    chapters = dict(re.findall(r"(?ms)^## enuf ([a-z]+)\n(.*?)(?=^## |\Z)", page(language, "cli")))
    assert list(chapters) == list(VERBS)
    assert set(Texts("en").facts["exits"]) == set(VERBS)
    known = set(re.findall(r"^\| `(\d+)` ", page(language, "exit-codes"), re.MULTILINE))
    for name, text in chapters.items():
        found = re.search(r"^(?:Exit codes|종료 코드): ([\d, ]+)\.$", text, re.MULTILINE)
        assert found and set(found[1].split(", ")) <= known, name
        assert f"`enuf {name}" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_shown(language: str) -> None:
    text = page(language, "settings")
    for field in dotted_keys().values():
        assert f"`{field.env}`" in text, field.key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_listed_with_its_page_in_that_language(language: str) -> None:
    text = page(language, "rules")
    links = dict(re.findall(r"^\| `([A-Z]\d{3})` .*\]\((\S+)\) \|$", text, re.MULTILINE))
    assert sorted(links) == sorted({*codes(), *live_codes()})
    for code, link in links.items():
        first = (ROOT / f"docs/{language}/reference" / link).read_text("utf-8").splitlines()[0]
        assert first.startswith(f"# {code} ")


# -- the JSON documents


def undocumented_and_missing(name: str, printed: Any) -> tuple[set[str], set[str]]:
    """The keys that are printed and not documented, and those that are documented and not printed."""
    told = {"schema": ["integer", ""], **DOCUMENTS[name]["keys"]}
    shown = set(paths_in(printed, set(told)))
    optional = {key for key, (_, about) in told.items() if about.startswith("Only with")}
    empty = {key for key in shown if is_empty(printed, key)}
    inside = {key for key in told if any(key.startswith((f"{each}.", f"{each}[]")) for each in empty)}
    return shown - set(told), set(told) - shown - optional - inside


def paths_in(value: Any, told: set[str], path: str = "") -> Iterator[str]:
    """The dotted keys of a document, as deep as the reference describes them."""
    if path and not any(key.startswith((f"{path}.", f"{path}[]")) for key in told):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            place = (
                f"{path}.KEY" if any(each.startswith(f"{path}.KEY.") for each in told) else f"{path}.{key}"
            )
            place = place.removeprefix(".")
            if not place.endswith(".KEY"):
                yield place
            yield from paths_in(inner, told, place)
    if isinstance(value, list):
        for inner in value:
            yield from paths_in(inner, told, f"{path}[]")


def is_empty(document: Any, path: str) -> bool:
    """True where there is nothing inside: null, or a list or an object without elements."""
    for key in path.split("."):
        if "[]" in key or not isinstance(document, dict) or key not in document:
            return False
        document = document[key]
    return document is None or document in ([], {})


def assert_documented(name: str, done: Finished) -> None:
    undocumented, missing = undocumented_and_missing(name, done.json)
    assert (undocumented, missing) == (set(), set()), name


def assert_typed(kind: str, printed: Any) -> None:
    """The object is its struct: no key more and none less."""
    assert json.loads(msgspec.json.encode(msgspec.convert(printed, TYPES[kind]))) == printed


@pytest.mark.native
def test_the_documents_of_a_running_stack_are_the_described_ones(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        assert_documented("up", stack.up("--explain"))
        dashboard_pid(stack)
        request_id = stack.get("/").headers["X-Request-ID"]
        assert_documented("reload", stack.run("reload", "--json"))
        assert_documented("status", stack.run("status", "--json"))
        assert_documented("dash", stack.run("dash", "--json"))
        until(lambda: request_id in stack.log("access.log"), what="the line of the request")
        story = stack.run("logs", "--json", "--id", request_id)
        assert_documented("logs", story)
        for kind, parts in (("Phase", story.json["phases"]), ("Record", story.json["records"])):
            assert parts
            for part in parts:
                assert_typed(kind, part)
        assert_typed("Snapshot", stack.run("top", "--json").json)
        assert_listed_as_metrics({name for name, _ in metrics(stack)})
        assert_documented("down", stack.run("down", "--json"))


def assert_listed_as_metrics(names: set[str]) -> None:
    for language in LANGUAGES:
        listed = re.findall(r"^\| `(enuf_\w+)`", page(language, "metrics"), re.MULTILINE)
        assert names <= {f"{name}{end}" for name in listed for end in ("", "_bucket", "_count", "_sum")}


def test_the_documents_about_files_are_the_described_ones(stack: Stack) -> None:
    stack.write("uwsgi.ini", "[uwsgi]\nmodule = app:app\nbuffer-size = 32k\nhttp-socket = :8000\n")
    doctor = stack.run("doctor", "--json")
    assert_documented("doctor", doctor)
    assert doctor.json["findings"]
    for finding in doctor.json["findings"]:
        assert_typed("Finding", finding)
    assert_documented("explain", stack.run("explain", "U003", "--json"))
    assert_documented("init", stack.run("init", "--json"))
    assert_documented("config", stack.run("config", "--json"))
    assert_documented("error", stack.run("status", "--json"))


def test_the_documents_about_measurements_are_the_described_ones() -> None:
    before, after = made_up_report(), made_up_report(made_up_row(rps=5_000.0))
    compared = comparison_document(compare_reports(before, after), ("a condition",))
    assert compared["rows"]
    assert undocumented_and_missing("bench_compare", {"schema": 1, **compared}) == (set(), set())
    target = SlotTarget(rate=100, p95_ms=50)
    for rps in (50.0, 500.0):
        point = SlotPoint(slots=SlotCounts(1, 2), rps=rps, p95_ms=20.0)
        advice = advice_document(target, [point], 2)
        assert undocumented_and_missing("bench_advise", {"schema": 1, **advice}) == (set(), set())


@pytest.mark.native
def test_the_documents_of_a_plan_are_the_described_ones(stack: Stack) -> None:
    assert_typed("Plan", stack.run("plan", "--json").json)
    assert_documented("render", stack.run("render", "out", "--json"))

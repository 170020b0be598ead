"""The manual pages: `man` renders them without a complaint, and finds them where enuf is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from scripts.reference.manual import FOLDERS

from enuf.cli.documentation import documentation_folder, documentation_lines, manual_command
from enuf.cli.root import VERBS
from enuf.model.words import DOCUMENTATION
from enuf.settings.fields import dotted_keys

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "man").rglob("*.[15]"))
LANGUAGES = sorted(FOLDERS)


def man(*words: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """`man` on a terminal of 80 columns."""
    return subprocess.run(
        ["man", *map(str, words)],
        env={
            "PATH": path or os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "MANWIDTH": "80",
            "MANPAGER": "cat",
            "MAN_KEEP_FORMATTING": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def man_db() -> None:
    """The `man` of Debian, which tells what is wrong with a page."""
    if not shutil.which("man") or not shutil.which("mandb"):
        pytest.skip("the system has no man: apt-get install man-db")


@pytest.fixture(scope="module")
def rendered(man_db: None) -> subprocess.CompletedProcess[str]:
    """All pages, one after the other."""
    return man("-l", "--warnings", *PAGES)


@pytest.mark.native
def test_every_page_is_rendered_without_a_complaint(rendered: subprocess.CompletedProcess[str]) -> None:
    assert (rendered.returncode, rendered.stderr) == (0, "")
    for page in PAGES:
        assert rendered.stdout.count(f"{page.stem}({page.suffix[1:]})") >= 2, page


@pytest.mark.native
def test_a_fault_in_a_page_is_a_complaint(man_db: None, tmp_path: Path) -> None:
    (tmp_path / "bad.1").write_text('.TH "bad" "1"\n.SH NAME\nbad \\- \\fQbad\n.nosuchmacro\n')
    assert "nosuchmacro" in man("-l", "--warnings", tmp_path / "bad.1").stderr


@pytest.mark.native
def test_what_is_typed_can_be_copied_from_a_page(rendered: subprocess.CompletedProcess[str]) -> None:
    assert "--topology VALUE" in rendered.stdout  # with the signs of the keyboard, not typographic ones
    assert "'module:create_app(\"prod\")'" in rendered.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_page_for_each_verb_and_one_for_the_settings(language: str) -> None:
    folder = FOLDERS[language]
    names = {path.name for path in folder.glob("man?/*")}
    assert names == {"enuf.1", "enuf.toml.5", *(f"enuf-{verb}.1" for verb in VERBS)}
    settings = (folder / "man5/enuf.toml.5").read_text("utf-8")
    for field in dotted_keys().values():
        assert field.env in settings


@pytest.mark.native
@pytest.mark.parametrize(("language", "heading"), [("en", "SYNOPSIS"), ("ko", "사용법")])
def test_man_finds_the_pages_of_an_activated_virtualenv(man_db: None, language: str, heading: str) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    found = man("-L", language, "-w", "enuf-up", "enuf.toml", path=path)
    folder = Path(sys.prefix) / "share/man" / ("" if language == "en" else language)
    assert found.stdout.split() == [str(folder / "man1/enuf-up.1"), str(folder / "man5/enuf.toml.5")]
    assert heading in man("-L", language, "enuf-up", path=path).stdout


def test_the_documentation_is_found_in_a_checkout_and_below_every_prefix(tmp_path: Path) -> None:
    assert documentation_folder(ROOT / "src/enuf") == ROOT / "docs"
    for place in ("lib/python3.11/site-packages", "local/lib/python3/dist-packages", "target"):
        package = tmp_path / place / "enuf"
        package.mkdir(parents=True)
        assert documentation_folder(package) is None
    page = tmp_path / "share/doc/enuf/en/README.md"
    page.parent.mkdir(parents=True)
    page.touch()
    assert documentation_folder(tmp_path / "lib/python3.11/site-packages/enuf") == page.parents[1]


@pytest.mark.native
def test_the_manual_is_named_as_it_can_be_opened(
    man_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = ROOT / "src/enuf"
    program, page = tmp_path / "bin/enuf", tmp_path / "share/man/man1/enuf.1"
    for file in (program, page):
        file.parent.mkdir(parents=True)
        file.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert manual_command(package) == f"man {ROOT}/man/man1/enuf.1"  # `enuf` is not on PATH
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    assert manual_command(package) == "man enuf"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert manual_command(package) is None  # no `man` either


@pytest.mark.native
@pytest.mark.parametrize("words", [("--help",), ("help",)])
def test_help_says_where_the_documentation_is_and_all_of_it_is_there(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "enuf", *words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    for line in documentation_lines():
        assert line in done.stdout
    address, offline = re.findall(r"Documentation: (\S+)\n.*?Files: (.+) \(en, ko\)", done.stdout, re.DOTALL)[
        0
    ]
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert address == DOCUMENTATION == urls["Documentation"]
    for language in LANGUAGES:
        assert (Path(offline) / language / "README.md").is_file()


def test_every_page_that_a_help_text_names_is_in_the_documentation() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src/enuf/cli").rglob("*.py"))
    named = set(re.findall(r"\b((?:how-to|explain|reference|tutorial)/[\w-]+\.md)", source))
    assert named
    for page in named:
        for language in LANGUAGES:
            assert (ROOT / "docs" / language / page).is_file(), page

"""Whatever is printed is read back as it was meant: by crossplane, by nginx itself, by uWSGI itself."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from crossplane.lexer import _lex_file_object
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enuf.syntax.nginx import Block, Directive, Node, directive, quote, to_text
from enuf.syntax.uwsgi_ini import option
from enuf.syntax.uwsgi_ini import to_text as ini_text
from tests.support.builds import BUILDS, nginx_program
from tests.support.examples import examples

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0"), max_size=60)
AWKWARD = st.text(alphabet="ab \t\"'\\;{}#$()%=~.*^trn한", max_size=25)
ANY = LINE | AWKWARD
ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def as_nginx_reads(token: str) -> str:
    """crossplane leaves escapes standing; this is what nginx makes of them (ngx_conf_read_token)."""
    meaning = {"t": "\t", "r": "\r", "n": "\n", '"': '"', "'": "'", "\\": "\\"}
    return ESCAPE.sub(lambda found: meaning.get(found[1], found[0]), token)


@given(st.lists(ANY, min_size=1, max_size=6))
def test_crossplane_reads_the_words_that_were_printed(words: list[str]) -> None:
    text = to_text([directive("name", *words)])
    tokens = [token for token, _, _ in _lex_file_object(io.StringIO(text))]
    assert [as_nginx_reads(token) for token in tokens] == ["name", *words, ";"]


def _nodes(depth: int) -> st.SearchStrategy[Node]:
    args = st.lists(ANY, max_size=3).map(tuple)
    name = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
    leaf = st.builds(Directive, name, args, LINE)
    if not depth:
        return leaf
    return leaf | st.builds(Block, name, args, st.lists(_nodes(depth - 1), max_size=3).map(tuple), LINE)


def words_of(nodes: tuple[Node, ...] | list[Node]) -> list[str]:
    """The tokens that the nodes stand for."""
    words: list[str] = []
    for node in nodes:
        assert isinstance(node, Directive | Block)
        words += [node.name, *node.args]
        words += ["{", *words_of(node.children), "}"] if isinstance(node, Block) else [";"]
    return words


@given(st.lists(_nodes(2), max_size=4))
def test_a_tree_keeps_its_shape_whatever_its_words_and_comments_hold(nodes: list[Node]) -> None:
    tokens = [
        token
        for token, _, quoted in _lex_file_object(io.StringIO(to_text(nodes)))
        if quoted or token[:1] != "#"
    ]
    assert [as_nginx_reads(token) for token in tokens] == words_of(nodes)


@pytest.mark.native
@pytest.mark.parametrize("build", BUILDS)
@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=ANY.filter(lambda text: not re.fullmatch("[a-z_]*", text)))  # "if" is a word that nginx knows
def test_nginx_itself_reads_the_word_that_was_printed(tmp_path: Path, build: str, text: str) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"{quote(text)} x;", encoding="utf-8")
    asked = subprocess.run(
        [nginx_program(build), "-t", "-p", tmp_path, "-e", "stderr", "-c", conf],
        capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert f'unknown directive "{text}" in {conf}:1'.encode() in asked.stderr


VALUES = ANY.filter(
    lambda text: text == text.strip(" \t\r") and not re.search(r"[$@%]\(", text)
)  # the printer refuses these, see test_uwsgi_printer


@pytest.mark.native
@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(VALUES, min_size=10, max_size=40))
def test_uwsgi_itself_reads_the_values_that_were_printed(tmp_path: Path, values: list[str]) -> None:
    ini = tmp_path / "uwsgi.ini"
    ini.write_text(
        ini_text([option("strict", True), *(option("env", f"V={value}") for value in values)]),
        encoding="utf-8",
    )
    asked = subprocess.run(
        [sys.executable, "-c", "import pyuwsgi; pyuwsgi.run()", "--ini", ini, "--show-config", "--no-server"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    shown = asked.stdout.decode().partition(";end of configuration")[0].split("\n")
    assert [line.removeprefix("env = V=") for line in shown if line.startswith("env = V=")] == values

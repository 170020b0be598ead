"""Every message of the source is in the catalogue of Korean messages, and fits."""

from __future__ import annotations

import ast

import polib
import pytest
from scripts.messages.catalogue_file import faults, problems, read
from scripts.messages.collect import messages_in

from enuf.language.catalogue import LABEL


def test_the_catalogue_fits_the_source() -> None:
    """Fails for a message without Korean, and for Korean without a message: `make messages`."""
    assert list(problems(read(), all_translated=True)) == []


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ('raise NotReady(f"no answer of {name} in {s:.1f} s")', ["no answer of {0} in {1} s"]),
        ('raise NotReady("no answer")', ["no answer"]),
        ("x = f\"{n} file{'' if n == 1 else 's'} of {folder!r}\"", ["{0} file of {1}", "{0} files of {1}"]),
        ('x = f"it ends" + (", at once" if now else "")', ["it ends, at once", "it ends"]),
        ('x = "{name} is not there".format(name=y)', ["{0} is not there"]),
        ('x = "a { has no end"', ["a {{ has no end"]),
        ('x = f"{path}: not there\\nmake it anew"', ["{0}: not there", "make it anew"]),
        (
            '_CURE = "run it again"\ndef f():\n    return f"{_CURE}, or wait for {x}"',
            ["run it again", "run it again, or wait for {0}"],
        ),
        ('say("stopped")', ["stopped"]),
        ('x = "stopped"', []),
        ('"""A docstring of several words."""', []),
        ('x = re.compile("several words of it")', []),
        ('x = text.startswith("worker of the app")', []),
        ('if text == "several words of it": pass', []),
        ('x = "enuf up --tls local"', []),
        ('x = "need-app = true"', []),
        ('x = f"{a}: {b}"', []),
    ],
)
def test_messages_are_found_in_the_source(source: str, messages: list[str]) -> None:
    assert [each.text for _, each in messages_in("control/stop.py", ast.parse(source))] == messages


def test_a_module_with_configuration_has_only_its_errors_as_messages() -> None:
    tree = ast.parse('x = "The app is asked here."\nraise SettingsInvalid("the path has a $ in it")')
    assert [each.text for _, each in messages_in("fronts/nginx_http.py", tree)] == ["the path has a $ in it"]


@pytest.mark.parametrize(
    ("message", "korean", "fault"),
    [
        ("no {0} in {1}", "{1}에 {0:이/가} 없습니다", ""),
        ("no {0} in {1}", "{1}에 없습니다", "placeholders ['1'] instead of ['0', '1']"),
        ("no {0}", "{0:a/b} 없음", "a/b is no pair"),
        ("no {0}{1}", "{1} 없음 {0}", "{0}{1} must stay side by side"),
        ("a brace {{", "괄호 {", "single brace"),
    ],
)
def test_a_translation_that_does_not_fit_is_found(message: str, korean: str, fault: str) -> None:
    found = list(faults(polib.POEntry(msgid=message, msgstr=korean)))
    assert [fault in each for each in found] == ([True] if fault else [])


def test_labels_stand_in_a_context_of_their_own() -> None:
    found = list(messages_in("cli/terminal/x.py", ast.parse('y = labelled("app", "the app of the user")')))
    assert [(context, each.text) for context, each in found] == [(LABEL, "app"), ("", "the app of the user")]

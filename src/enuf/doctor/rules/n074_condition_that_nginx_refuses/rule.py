"""An `if` with a condition of another language: nginx knows one comparison, and no and, or, else."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_WORDS = {
    "==": "nginx compares with one =",
    "===": "nginx compares with one =",
    "<>": "nginx compares with = and !=",
    "<": "nginx compares text only, by = and !=",
    ">": "nginx compares text only, by = and !=",
    "&&": "nginx knows one comparison in an if, and no and",
    "||": "nginx knows one comparison in an if, and no or",
    "and": "nginx knows one comparison in an if, and no and",
    "or": "nginx knows one comparison in an if, and no or",
    "eq": "nginx compares with =",
}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every condition with an operator that nginx does not know, and every negated variable."""
    for site in evidence.sites:
        for match in site.find("if"):
            directive = match.directive
            if directive.block is None or is_template(evidence, directive.file):
                continue
            words = " ".join(_unquoted(arg) for arg in directive.args).strip("() ").split()
            wrong = next((word for word in words[1:] if word in _WORDS), "")
            if wrong:
                yield at_directive(
                    directive,
                    f"nginx refuses this condition and does not start: {_WORDS[wrong]}",
                    hint=_right(words, wrong),
                    fix=by_hand("write one comparison, or choose the value with map"),
                )
            elif len(words) == 1 and words[0].startswith("!$"):
                yield at_directive(
                    directive,
                    "nginx refuses this condition and does not start: ! stands before an operator, not before a variable",
                    hint=f'if ({words[0][1:]} = "") {{',
                    fix=by_hand(f'write `if ({words[0][1:]} = "")`'),
                )


def _unquoted(arg: str) -> str:
    """Return a word of a condition; one with blanks in it stood in quotes, and its words are no operators."""
    return "…" if " " in arg.strip("() ") else arg


def _right(words: list[str], wrong: str) -> str:
    if wrong in ("==", "===", "eq"):
        return f"if ({' '.join('=' if word == wrong else word for word in words)}) {{"
    if wrong in ("||", "or", "&&", "and"):
        return 'map "$host:$uri" $chosen { default 0; "~^shop\\.example:/old" 1; }  and  if ($chosen) {'
    return "map $arg_id $chosen { default 0; 1 1; }  and  if ($chosen) {"


RULE = Rule("N074", "condition-that-nginx-refuses", "error", check)

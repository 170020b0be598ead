"""The file of a catalogue: brought up to date with the source, and checked."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator

import polib
from scripts.messages.collect import Found, Key, collected

from enuf.language.catalogue import FOLDER, LABEL

PATH = FOLDER / "ko.po"
LONGEST_COMMENT = 70
_PARTICLE = re.compile(r"[가-힣]+/[가-힣]+")
_HEADER = {
    "Project-Id-Version": "enuf",
    "Language": "ko",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


def wanted() -> dict[Key, list[Found]]:
    """Return the messages of the source with the places where each stands, in the order of the files."""
    found: dict[Key, list[Found]] = {}
    for each in collected():
        found.setdefault((each.context, each.message.text), []).append(each)
    return found


def read() -> dict[Key, polib.POEntry]:
    """Return the entries of the file."""
    entries = polib.pofile(str(PATH)) if PATH.exists() else ()
    return {(entry.msgctxt or "", entry.msgid): entry for entry in entries if not entry.obsolete}


def brought_up_to_date(known: dict[Key, polib.POEntry]) -> polib.POFile:
    """Return the catalogue of the source as it is now, with the translations that are known."""
    file = polib.POFile(wrapwidth=110)
    file.metadata = _HEADER
    for key, places in wanted().items():
        file.append(_entry(key, places, known.get(key)))
    return file


def _entry(key: Key, places: list[Found], known: polib.POEntry | None) -> polib.POEntry:
    context, text = key
    values = places[0].message.values
    files = dict.fromkeys(each.file for each in places)
    return polib.POEntry(
        msgid=text,
        msgstr=known.msgstr if known else "",
        msgctxt=context or None,
        occurrences=[(file, "") for file in files],
        comment="\n".join(f"{{{number}}} = {_short(value)}" for number, value in enumerate(values)),
        tcomment=known.tcomment if known else "",
        flags=["python-brace-format"] if values else [],
    )


def _short(expression: str) -> str:
    return expression if len(expression) <= LONGEST_COMMENT else f"{expression[: LONGEST_COMMENT - 3]}..."


def problems(known: dict[Key, polib.POEntry], *, all_translated: bool) -> Iterator[str]:
    """Yield what is wrong with the catalogue: missing and dead messages, translations that do not fit."""
    keys = wanted()
    yield from (f"not in the catalogue (make messages): {_shown(key)}" for key in keys if key not in known)
    yield from (f"in the catalogue only (make messages): {_shown(key)}" for key in known if key not in keys)
    for key, entry in known.items():
        if entry.fuzzy:
            yield f"fuzzy: {_shown(key)}"
        if entry.msgstr:
            yield from (f"{_shown(key)}: {what}" for what in faults(entry))
        elif all_translated:
            yield f"not translated: {_shown(key)}"


def untranslated(known: dict[Key, polib.POEntry], prefixes: Iterable[str]) -> Iterator[polib.POEntry]:
    """Yield the entries without a translation, of the files that begin with one of the prefixes."""
    begins = tuple(prefixes)
    for entry in known.values():
        if not entry.msgstr and (not begins or entry.occurrences[0][0].startswith(begins)):
            yield entry


def _shown(key: Key) -> str:
    return f"{key[1]!r}{' (label)' if key[0] == LABEL else ''}"


def faults(entry: polib.POEntry) -> Iterator[str]:
    """Yield why a translation does not fit its message."""
    try:
        parts = list(string.Formatter().parse(entry.msgstr))
    except ValueError as error:
        yield f"the translation has a single brace ({error}): write {{{{ and }}}}"
        return
    fields = [name for _, name, _, _ in parts if name is not None]
    asked = [name for _, name, _, _ in string.Formatter().parse(entry.msgid) if name is not None]
    if sorted(fields) != sorted(asked):
        yield f"placeholders {fields} instead of {asked}"
    particles = [form for _, name, form, _ in parts if name is not None and form]
    yield from (
        f"{form} is no pair of particles such as 이/가" for form in particles if not _PARTICLE.fullmatch(form)
    )
    yield from (f"{run} must stay side by side" for run in _runs(entry.msgid) if run not in entry.msgstr)


def _runs(message: str) -> list[str]:
    """Return the placeholders that stand side by side, such as `{1}{2}`."""
    return re.findall(r"(?:\{\d+\}){2,}", message)

"""The loader of the settings from flags, environment and files, which reports all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from enuf.settings.contradictions import setting_contradictions
from enuf.settings.fields import assemble, dotted_keys, sections
from enuf.settings.files import file_entries
from enuf.settings.kinds import did_you_mean
from enuf.settings.origin import DEFAULT, Entry, Origin
from enuf.settings.problems import Problem, bad_value, refusal, unknown_key, unknown_variable
from enuf.settings.schema import Settings
from enuf.settings.values import shown

Flags = Mapping[str, tuple[str, object]]
"""Dotted key to the flag's spelling and value; None and () mean that the flag was not given."""


Defaults = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Returns values by dotted key, for the values that some place sets."""
Contradictions = Callable[[Settings, Mapping[str, Origin]], Sequence[str]]


class Loaded(msgspec.Struct, frozen=True):
    """The settings, and the origin of the value of each dotted key."""

    settings: Settings
    origins: Mapping[str, Origin]


class Surveyed(msgspec.Struct, frozen=True):
    """The settings as far as they can be read, with every problem."""

    loaded: Loaded
    """A setting with a problem has its default, and the origin of what was refused."""
    problems: tuple[Problem, ...]
    refused: frozenset[str]
    """The keys whose values were refused."""

    def accepted(self) -> Loaded:
        """Return the settings where there is no problem.

        Raise SettingsInvalid with all problems of all places, also of values that a stronger place overrides: the
        problem would appear as soon as the flag is left out.
        """
        if self.problems:
            raise refusal(self.problems)
        return self.loaded


def survey(
    project: Path,
    *,
    flags: Flags,
    environ: Mapping[str, str],
    topologies: Sequence[str],
    also: Contradictions | None = None,
    defaults: Defaults | None = None,
) -> Surveyed:
    """Load the settings of a project as far as they can be read, and return them with every problem.

    Flags win over ENUF_ variables, enuf.toml, pyproject.toml and defaults, in this order.

    `also` reports contradictions that other packages see. `defaults` returns values for keys that no place sets, other
    than those of the schema.
    """
    values: dict[str, object] = {}
    refused: set[str] = set()
    origins: dict[str, Origin] = {}
    problems: list[Problem] = []
    for entry in _gathered(project, flags, environ):
        if isinstance(entry, Problem):
            problems.append(entry)
            continue
        try:
            values[entry.key] = _value(entry, topologies)
        except ValueError as error:
            problems.append(bad_value(entry.origin.where, dotted_keys()[entry.key], str(error)))
            refused.add(entry.key)
        origins[entry.key] = entry.origin
    if "tls.mode" not in values and values.get("tls.certificate") and values.get("tls.key"):
        values["tls.mode"] = "files"
        origins["tls.mode"] = Origin("derived", origins["tls.certificate"].where)
    settings = assemble({**(defaults(values) if defaults else {}), **values})
    problems += [Problem(line) for line in setting_contradictions(settings, origins)]
    problems += [Problem(line) for line in (also(settings, origins) if also else ())]
    loaded = Loaded(settings, {key: origins.get(key, DEFAULT) for key in dotted_keys()})
    return Surveyed(loaded, tuple(problems), frozenset(refused))


def _gathered(project: Path, flags: Flags, environ: Mapping[str, str]) -> Iterator[Entry | Problem]:
    """Yield the entries of all places, the weakest place first."""
    yield from file_entries(project / "pyproject.toml", ("tool", "enuf"))
    yield from file_entries(project / "enuf.toml")
    yield from _environment_entries(environ)
    yield from _flag_entries(flags)


def _environment_entries(environ: Mapping[str, str]) -> Iterator[Entry | Problem]:
    keys = {field.env: key for key, field in dotted_keys().items()}
    prefixes = tuple(f"ENUF_{section.upper()}_" for section in sections())
    for name, text in environ.items():
        if name in keys:
            # An empty variable is how compose files and shells say "not set".
            if text:
                yield Entry(keys[name], text, Origin("env", name), is_text=True)
        elif name.startswith(prefixes):
            # Other ENUF_ variables are enuf's own (ENUF_GENERATION) or a newer version's.
            yield unknown_variable(name)


def _flag_entries(flags: Flags) -> Iterator[Entry | Problem]:
    for key, (spelling, value) in flags.items():
        if key not in dotted_keys():
            yield unknown_key(spelling, key)
        elif isinstance(value, str):
            yield Entry(key, value, Origin("flag", spelling), is_text=True)
        elif isinstance(value, list | tuple) and value:
            yield Entry(key, ",".join(map(str, value)), Origin("flag", spelling), is_text=True)
        elif value is not None and value != ():
            yield Entry(key, value, Origin("flag", spelling))


def _value(entry: Entry, topologies: Sequence[str]) -> object:
    kind = dotted_keys()[entry.key].kind
    value = kind.read_text(str(entry.raw)) if entry.is_text else kind.read(entry.raw)
    if entry.key == "topology" and topologies and value not in topologies:
        more = did_you_mean(value, topologies) or f": choose one of {', '.join(topologies)}"
        raise ValueError(f"{shown(value)} is no topology{more}")
    return value

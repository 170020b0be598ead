"""The help of commands in the language of the run."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from enuf.cli.widths import gathered, spread
from enuf.language.spoken import language, translated, translated_label

if TYPE_CHECKING:
    from enuf.settings.fields import FieldInfo


class SpokenFormatter(click.HelpFormatter):
    """Writes a help page in the language of the run; Korean letters count as two columns."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line that begins with `Usage:`."""
        super().write_usage(prog, args, prefix or spread(f"{translated_label('Usage')}: "))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(spread(translated_label(heading)))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(text if language() == "en" else spread(translated(paragraphs(text))))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write the table of options or verbs."""
        super().write_dl([(first, spread(_spoken(second))) for first, second in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        """Return the page."""
        return gathered(super().getvalue())


def _spoken(help_text: str) -> str:
    """Return the help of an option with what click adds to it: `  [default: error]`."""
    text, separator, added = help_text.partition("  [")
    if not separator:
        return translated(text)
    return f"{translated(text)}{separator}{translated(added.removesuffix(']'))}]"


class SpokenContext(click.Context):
    """A context of click whose help is written in the language of the run."""

    formatter_class = SpokenFormatter


class SharedOption(click.Option):
    """An option that every verb has."""


class SpokenCommand(click.Command):
    """A command whose help is written in the language of the run, with the options of every verb at its end."""

    context_class = SpokenContext

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of the command's own options, and below it the table of those that every verb has."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for option in self.get_params(ctx):
            is_shared = isinstance(option, SharedOption) or "--help" in option.opts
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record:
                (shared if is_shared else own).append(record)
        for heading, records in (("Options", own), (translated_label("Options of every verb"), shared)):
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


class SettingOption(click.Option):
    """An option that is a setting."""

    def __init__(
        self, words: Sequence[str], *, setting: FieldInfo, choices: Iterable[str], **rest: Any
    ) -> None:
        """Take the description and the default of the setting, and the words that it takes, as the help."""
        self._setting = setting
        self._choices = tuple(choices)
        super().__init__(words, help=self._help(), **rest)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the flag and its help in the language of the run."""
        record = super().get_help_record(ctx)
        return record if record is None or language() == "en" else (record[0], self._help())

    def _help(self) -> str:
        """Return the first sentence about the setting, its words where it takes only those, and its default."""
        from enuf.settings.shapes import plain

        parts = [f"{translated(self._setting.description).partition('. ')[0].rstrip('.')}."]
        if self._choices:
            parts.append(translated(f"One of {', '.join(self._choices)}."))
        default = plain(self._setting.default)
        if isinstance(default, str | int) and default != "":
            parts.append(translated(f"Default: {default}."))
        return " ".join(parts)


def paragraphs(text: str) -> str:
    """Return a docstring with the lines of each paragraph joined."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))

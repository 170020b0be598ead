"""The chapters and tables of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from scripts.reference.texts import Texts, table

from enuf.cli.help import paragraphs
from enuf.cli.options import ALSO
from enuf.cli.root import ALIASES, VERBS, root
from enuf.cli.verb import VerbCommand
from enuf.settings.fields import dotted_keys

GLOBAL_OPTIONS = ("project", "json", "quiet", "debug", "no_color")


def commands() -> dict[str, tuple[click.Command, click.Context]]:
    """Return every public verb with a click context for its help."""
    above = click.Context(root, info_name="enuf")
    known = {name: root.get_command(above, name) for name in VERBS}
    return {
        name: (command, click.Context(command, info_name=name, parent=above, **command.context_settings))
        for name, command in known.items()
        if command is not None
    }


def verbs(texts: Texts) -> str:
    """Return the table of verbs."""
    rows = (
        (f"[`enuf {name}`](#enuf-{name})", texts.of("verbs", name, short)) for name, short in VERBS.items()
    )
    return table((texts.words["verb"], texts.words["what"]), rows)


def aliases(texts: Texts) -> str:
    """Return the table of the hidden aliases."""
    rows = (
        (f"`enuf {name}`", f"`{' '.join(['enuf', verb, *flags])}`") for name, (verb, flags) in ALIASES.items()
    )
    return table((texts.words["alias"], texts.words["verb"]), rows)


def global_options(texts: Texts) -> str:
    """Return the table of the options that every verb has."""
    command, context = commands()["up"]
    return _options_table(texts, "*", shared_options(command), context)


def setting_flags(texts: Texts) -> str:
    """Return the table of the flags that set a setting, of the verbs that plan a stack."""
    return table((texts.words["option"], texts.words["key"], texts.words["what"]), setting_flag_rows(texts))


def setting_flag_rows(texts: Texts) -> list[tuple[str, str, str]]:
    """Return the flags that set a setting, each with its key and its text."""
    rows = []
    for field in dotted_keys().values():
        if field.flag:
            names = (*ALSO.get(field.key, ()), field.flag)
            rows.append(
                (
                    ", ".join(f"`{name} VALUE`" for name in names),
                    f"[`{field.key}`](settings.md)",
                    _first(texts.of("settings", field.key, field.description)),
                )
            )
    command, context = commands()["up"]
    for option in _options(command):
        if option.name in ("setting_host", "setting_port", "assignments"):
            rows.append(_with_key(option_row(texts, "*", option, context), option.name))
    return rows


def _with_key(row: tuple[str, str], name: str) -> tuple[str, str, str]:
    key = "" if name == "assignments" else "[`serve.listen`](settings.md)"
    return (row[0], key, row[1])


def _first(text: str) -> str:
    """Return the first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def each_verb(texts: Texts) -> str:
    """Return one chapter for each verb: usage, description, options, exit codes, an example."""
    return "\n".join(_chapter(texts, name, *found) for name, found in commands().items())


def _chapter(texts: Texts, name: str, command: click.Command, context: click.Context) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    about = description(texts, name, command)
    own = own_options(command)
    parts = [f"## enuf {name}\n", f"```text\n{usage}\n```\n", f"{about}\n"]
    if own:
        parts.append(_options_table(texts, name, own, context))
    if takes_settings(command):
        parts.append(f"{texts.words['settings']}\n")
    example = example_of(command)
    codes = own_exit_codes(texts, name)
    parts.append(
        f"{texts.words['example']}: `{example}`\n\n{texts.words['exits']}: {', '.join(map(str, codes))}.\n"
    )
    parts += [_word_chapter(texts, *found) for found in word_commands(command, context)]
    return "\n".join(parts)


def word_commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield the commands that a first word makes of a verb, each with its name and a click context for its help."""
    if isinstance(command, VerbCommand):
        for word in command.words:
            own = command.word_command(word)
            name = f"{context.info_name} {word}"
            yield name, own, click.Context(own, info_name=name, parent=context.parent, **own.context_settings)


def _word_chapter(texts: Texts, name: str, command: click.Command, context: click.Context) -> str:
    """Return the part of a verb's chapter about one of its first words."""
    usage = command.get_usage(context).removeprefix("Usage: ")
    return "\n".join(
        (
            f"### enuf {name}\n",
            f"```text\n{usage}\n```\n",
            f"{description(texts, name, command)}\n",
            _options_table(texts, name, own_options(command), context),
            f"{texts.words['example']}: `{example_of(command)}`\n",
        )
    )


def description(texts: Texts, name: str, command: click.Command) -> str:
    """Return what the help of a verb says, as Markdown."""
    return texts.of("help", name, paragraphs(command.help or "")).strip()


def example_of(command: click.Command) -> str:
    """Return the example of a verb's help."""
    return (command.epilog or "").removeprefix("Example: ")


def own_exit_codes(texts: Texts, name: str) -> list[int]:
    """Return the exit codes of a verb, without those that every verb has besides 0."""
    return sorted({0, *texts.facts["exits"][name]})


def shared_options(command: click.Command) -> list[click.Option]:
    """Return the options of a verb that every verb has."""
    return [option for option in _options(command) if option.name in GLOBAL_OPTIONS]


def own_options(command: click.Command) -> list[click.Option]:
    """Return the options of a verb that are neither shared by all verbs nor settings."""
    return [option for option in _options(command) if not _is_shared(option)]


def takes_settings(command: click.Command) -> bool:
    """Return True for a verb that takes the flags of settings."""
    return any(_sets_setting(option) for option in _options(command))


def _options(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option)]


def _is_shared(option: click.Option) -> bool:
    return option.name in GLOBAL_OPTIONS or _sets_setting(option)


def _sets_setting(option: click.Option) -> bool:
    name = option.name or ""
    return name == "assignments" or name.startswith("setting_")


def _options_table(texts: Texts, verb: str, options: Iterable[click.Option], context: click.Context) -> str:
    rows = (option_row(texts, verb, option, context) for option in options)
    return table((texts.words["option"], texts.words["what"]), rows)


def option_row(texts: Texts, verb: str, option: click.Option, context: click.Context) -> tuple[str, str]:
    """Return the names of an option and what it does, as Markdown."""
    names = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag and not isinstance(option.type, click.Choice):
        names = ", ".join(f"`{name} {option.make_metavar(context)}`" for name in option.opts)
    about = texts.of(f"options.{verb}", option.opts[-1], option.help or "")
    if isinstance(option.type, click.Choice):
        about += f" {texts.words['choices'].capitalize()}: {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if isinstance(option.default, str):
        about += f" {texts.words['usual']}: `{option.default}`."
    return names, about

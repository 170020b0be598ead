"""The declaration of a verb, and the global flags, which stand before or after the verb."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from enuf.cli.help import SharedOption, SpokenCommand
from enuf.errors import AppNotFound, EnufError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])
_RUN: ContextVar[Globals] = ContextVar("globals")


@dataclasses.dataclass
class Globals:
    """The global flags of this run."""

    json: bool = False
    quiet: bool = False
    debug: bool = False
    no_color: bool = False
    project: str = ""
    site: str = ""
    """The name of the installed site that this run is about; empty for the project of a folder."""
    document_printed: bool = False
    """True once the one JSON document of this run has been printed."""

    @property
    def folder(self) -> Path:
        """The project's folder without links. Raise AppNotFound when there is none that can be served."""
        return Path(os.path.realpath(self.typed_folder))

    @property
    def typed_folder(self) -> Path:
        """The project's folder as it was typed, absolute.

        A link such as `current` may lead elsewhere tomorrow.
        Raise AppNotFound when there is none that can be served.
        """
        folder = self.named_folder
        problem = _why_unusable(folder)
        if problem:
            raise AppNotFound(
                problem, "name another folder with --project, or change this one", slug="project-unusable"
            )
        return folder

    @property
    def named_folder(self) -> Path:
        """The project's folder as it was typed, absolute, whether it is there or not.

        Raise AppNotFound when the current folder is gone.
        """
        try:
            return Path(self._project_of_site() or _as_typed(self.project))
        except FileNotFoundError:
            raise AppNotFound(
                "the current folder does not exist any more",
                "change into the project, or name it with --project",
            ) from None

    def _project_of_site(self) -> str:
        """Return the project of the site that this run is about; empty for the project of a folder.

        `--project NAME` is a site's name where there is no such folder.
        """
        named = self.site or ("" if os.sep in self.project or os.path.isdir(self.project) else self.project)  # noqa: PTH112
        if not named:
            return ""
        from enuf.system.sites import site_named

        site = site_named(named)
        return site.project if site else ""


def _as_typed(project: str) -> str:
    """Return the absolute path with its links; without them where `..` would lead elsewhere.

    Raise FileNotFoundError.
    """
    here = _shell_folder() or _unnamed_folder()
    spoken = os.path.join(here, project)  # noqa: PTH118
    plain = os.path.normpath(spoken)
    try:
        is_same = os.path.samefile(plain, spoken)  # noqa: PTH121
    except OSError:
        is_same = plain == spoken  # a link to nowhere keeps its name
    return plain if is_same else os.path.realpath(spoken)


def _shell_folder() -> str:
    """Return the current folder by the path that the shell came by; empty where the shell does not tell."""
    told = os.environ.get("PWD", "")
    with contextlib.suppress(OSError, ValueError):
        if os.path.isabs(told) and os.path.samefile(told, "."):  # noqa: PTH117, PTH121
            return told
    return ""


def _unnamed_folder() -> str:
    """Return the current folder where no shell tells by which path one came, as below sudo. Raise FileNotFoundError."""
    from enuf.system.release_link import by_release_link

    return str(by_release_link(Path.cwd()))


def _why_unusable(folder: Path) -> str:
    """Return why no project can be served from this folder, or an empty string."""
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except PermissionError:
        is_folder = True
    except OSError:
        return f"there is no folder {os.path.realpath(folder)}"
    if not is_folder:
        return f"{folder} is not a folder"
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"the project {folder} cannot be read by this user"
    if not str(folder).isprintable():
        return f"the path {folder} has a control character, or is not UTF-8: no server's configuration can hold it"
    return ""


def begin_run(arguments: Sequence[str]) -> Globals:
    """Set and return the global flags of a new run, as far as words show them.

    A usage error is printed before parsing.
    """
    flags = Globals(
        json="--json" in arguments, debug="--debug" in arguments, no_color="--no-color" in arguments
    )
    _RUN.set(flags)
    return flags


def current() -> Globals:
    """Return the global flags of this run, wherever they stand on the command line."""
    return _RUN.get()


def global_options(function: F) -> F:
    """Add the global flags to a verb or to the group."""

    def remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
            if value:
                setattr(current(), name, value)

        return callback

    for name, text in (
        ("--no-color", "Plain text (also NO_COLOR)."),
        ("--debug", "Show enuf's own traceback when it fails."),
        ("--quiet", "Only errors."),
        ("--json", "One JSON document on stdout."),
    ):
        key = name.strip("-").replace("-", "_")
        also = ("-q",) if name == "--quiet" else ()
        function = click.option(
            *also, name, cls=SharedOption, is_flag=True, expose_value=False, is_eager=True, callback=remember(key), help=text
        )(function)  # fmt: skip
    return click.option(
        "--project",
        cls=SharedOption,
        metavar="DIR",
        shell_complete=_folders_and_sites,
        expose_value=False,
        is_eager=True,
        callback=remember("project"),
        help="The project, or the name of an installed site (default: this folder).",
    )(function)


def _folders_and_sites(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete a folder, or the name of an installed site."""
    from click.shell_completion import CompletionItem

    from enuf.cli.site_names import names_of_sites

    folders = click.Path(file_okay=False).shell_complete(ctx, parameter, typed)
    return [*folders, *map(CompletionItem, names_of_sites(ctx, parameter, typed))]


@contextlib.contextmanager
def naming_the_verb(ctx: click.Context) -> Iterator[None]:
    """Let a usage error know its verb: click's parser leaves that out for an option without its value."""
    try:
        yield
    except click.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


class VerbCommand(SpokenCommand):
    """A verb: its help is in the language of the run, and its usage errors know the verb."""

    words: Mapping[str, str] = {}
    """First words that make the verb another command, each with the module of that command."""

    def word_command(self, word: str) -> click.Command:
        """Import and return the command of a first word."""
        command: click.Command = importlib.import_module(self.words[word]).command
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the verb, or of the command that the first word makes of the verb."""
        shared = (each for each in self.params if isinstance(each, SharedOption) and each.is_flag)
        flags = {word for each in shared for word in each.opts}
        at = next((at for at, word in enumerate(args) if word not in flags), len(args))
        if args[at : at + 1] and args[at] in self.words:
            rest = [*args[:at], *args[at + 1 :]]
            return self.word_command(args[at]).make_context(f"{info_name} {args[at]}", rest, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words after the verb."""
        with naming_the_verb(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; an error of ours about its words is a usage error of this verb."""
        try:
            return super().invoke(ctx)
        except EnufError as error:
            if error.slug == "usage":
                raise click.UsageError(error.summary, ctx) from None
            raise


def verb(
    name: str, *, example: str, short: str = "", words: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a verb with an example in its help; `words` are first words that make it another command."""

    def declare(function: Callable[..., Any]) -> click.Command:
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        command = click.command(
            name, VerbCommand, epilog=f"Example: {example}", short_help=short, context_settings=settings
        )(global_options(function))
        command.words = words or {}
        return command

    return declare

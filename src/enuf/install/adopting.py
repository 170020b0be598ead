"""A hand-made site taken over: read, installed beside, and swapped in one reload of nginx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict
from enuf.install.actions import (
    InstallResult,
    OperationReporter,
    ShownChange,
    install_site,
    show_install,
    target_host,
)
from enuf.install.environment import environment_names, set_variables, unset_variables
from enuf.install.requests import (
    SERVICE_ENVIRONMENT,
    InstallOptions,
    RequestInvalid,
    SecretVariables,
    install_request,
)
from enuf.install.takeover.afterwards import Leftover, old_parts
from enuf.install.takeover.choose import Adopted, find_hand_made, settings_of, with_python
from enuf.install.takeover.found import Gap, HandMade
from enuf.install.target_host import TargetHost
from enuf.start.invocation import Invocation
from enuf.start.privileges import read_settings_of_keeper


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """A planned take-over: what was found, and the install that takes its place."""

    found: HandMade
    adopted: Adopted
    invocation: Invocation
    options: InstallOptions
    name: str
    leftovers: tuple[Leftover, ...]
    warnings: tuple[str, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the new site does not do as the old one."""
        return self.adopted.gaps

    @property
    def values(self) -> Mapping[str, tuple[str, str]]:
        """The values that were taken from the old site, with their places, by setting."""
        return {key: (taken.value, taken.place) for key, taken in self.adopted.settings.items()}


def plan_adoption(invocation: Invocation, options: InstallOptions) -> Adoption:
    """Return the take-over of the project's hand-made site. No file is touched.

    Raise SettingsInvalid where there is none or where it cannot be read, Conflict where enuf serves the project already,
    and RequestInvalid where a name is missing.
    """
    host = target_host(invocation, options)
    request = install_request(invocation, options, host.tree)
    if request.old is not None:
        raise Conflict(
            f"enuf serves this project already, as {request.old.site.name}",
            f"enuf status {request.old.site.name}",
            slug="installed-already",
        )
    found = with_python(find_hand_made(Path(invocation.project), host.build.conf))
    loaded = read_settings_of_keeper(request.invocation, SERVICE_ENVIRONMENT)
    adopted = settings_of(found, loaded)
    has_names = options.domains or loaded.settings.serve.hosts
    if not has_names and not adopted.names:
        raise RequestInvalid(
            f"the old site ({found.site.place}) names no host: name it, as visitors type it: --domain shop.example.com"
        )
    flags = {**adopted.as_flags(), **invocation.flags}
    if has_names:
        flags = {key: flag for key, flag in flags.items() if key != "serve.hosts" or key in invocation.flags}
    return Adoption(
        found=found,
        adopted=adopted,
        invocation=replace(invocation, flags=flags, target=invocation.target or adopted.target),
        options=replace(options, replaces=found.site.files, variables=_variables(found)),
        name=request.name,
        leftovers=old_parts(found, request.name, lambda path: host.tree.state(path).target),
        warnings=tuple(_warnings(found, host)),
    )


def _variables(found: HandMade) -> SecretVariables:
    return SecretVariables({name: each.value for name, each in found.carried.variables.items()})


def _warnings(found: HandMade, host: TargetHost) -> list[str]:
    warnings = []
    if found.site.is_default:
        warnings.append(
            "the old site also answers to names that it does not list; the new one answers to its own names only"
        )
    if found.server.user is not None and found.server.user.value == "root":
        warnings.append(
            "the old server runs the app as root; the new one runs it as the project's owner, who must be able to write "
            "what the app writes. To keep root: --user root"
        )
    if found.server.pid is None and host.servers.are_live:
        warnings.append(f"the app server of the old site ({found.server.place}) does not seem to run")
    return warnings


def refuse_gaps(adoption: Adoption) -> None:
    """Raise Conflict for what the new site would not do as the old one, unless that was accepted."""
    if adoption.gaps and not adoption.options.force:
        first = adoption.gaps[0]
        more = f", and {len(adoption.gaps) - 1} more" if len(adoption.gaps) > 1 else ""
        raise Conflict(
            f"enuf does not take over everything: {first.place}: {first.text}{more}",
            f"look: enuf adopt --dry-run; carry over what you need (enuf.toml, or nginx's lines in /etc/enuf/{adoption.name}/server.conf), "
            "then: enuf adopt --force",
            slug="not-all-adopted",
        )


def show_adoption(adoption: Adoption) -> ShownChange:
    """Return what the take-over would change. No file is touched."""
    return show_install(adoption.invocation, adoption.options)


def adopt_site(adoption: Adoption, reporter: OperationReporter) -> InstallResult:
    """Install the site beside the old one, and let nginx pass from one to the other in one reload.

    Raise RolledBack when a step fails: the old site then serves as before.
    """
    refuse_gaps(adoption)
    with _with_variables(adoption, reporter):
        return install_site(adoption.invocation, replace(adoption.options, force=False), reporter)


@contextmanager
def _with_variables(adoption: Adoption, reporter: OperationReporter) -> Iterator[None]:
    """Give the new site the variables of the old one; a failure inside takes back those that were new."""
    known = environment_names(adoption.name)
    new = {
        name: value for name, value in adoption.options.variables.values.items() if name not in known
    }  # what `enuf env set` has said before counts more
    if not new:
        yield
        return
    reporter.step("carrying the variables over")
    set_variables(adoption.name, new, reload=False)
    try:
        yield
    except BaseException:
        unset_variables(adoption.name, tuple(new), reload=False)
        raise

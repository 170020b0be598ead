"""What cannot be in an image: named with its file, all of it at once, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enuf.errors import SettingsInvalid
from enuf.export.packages import editables_outside
from enuf.export.secret_scan import is_installers
from enuf.export.survey import ProjectFacts
from enuf.settings.schema import Settings

_SHOWN = 30
_CURES = {
    "secret": "read it from the environment, as os.environ[NAME], or list the file in .dockerignore where the app does not need it",
    "index": "let pip download -d wheels -r requirements.txt fetch the packages here, and take the password out of the file",
    "editable": "name a version of the package, or put its wheel into the folder wheels of the project",
    "outside": "put it into the project, or list the link in .dockerignore",
    "passwords": "let the engine ask for passwords, and leave it out here: --set access.passwords=''",
}


def refuse_what_no_image_holds(facts: ProjectFacts, settings: Settings, project: str) -> None:
    """Raise SettingsInvalid for secrets in files, editable installs and links that lead out of the project."""
    problems = list(_problems(facts, settings, project))
    if not problems:
        return
    first = problems[0]
    kinds = dict.fromkeys(kind for kind, _ in problems)
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise SettingsInvalid(
        f"{first[1]}{more}",
        "; ".join(_CURES[kind] for kind in kinds),
        detail="\n".join(text for _, text in problems[:_SHOWN]) if more else "",
        slug="not-for-an-image",
    )


def _problems(facts: ProjectFacts, settings: Settings, project: str) -> Iterator[tuple[str, str]]:
    for secret in facts.secrets:
        yield (
            "index" if is_installers(secret.file) else "secret",
            f"{secret.file}:{secret.line}: {secret.what} is written in the file, which would be in the image",
        )
    for path in settings.access.files:
        yield "passwords", f"{path}: the file of access.passwords would be in the image"
    for line in facts.uninstallable:
        yield "editable", f"{line.file}:{line.line}: {line.what}, which no image has"
    for editable in editables_outside(facts.editables, _folders(project)):
        yield (
            "editable",
            f"{editable.record}: {editable.name} is an editable install of {editable.folder}, which no image has",
        )
    for link in facts.links:
        yield "outside", f"{link} is a link that leads out of the project, and no image has what is there"


def _folders(project: str) -> Sequence[str]:
    return (project,)

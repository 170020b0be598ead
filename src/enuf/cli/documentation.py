"""Where the documentation is: its address, and the copies on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import enuf
from enuf.language.spoken import translated_label
from enuf.model.words import DOCUMENTATION


def documentation_folder(package: Path) -> Path | None:
    """Return the folder on this machine that holds the documentation in `en` and `ko`; None where it is missing.

    `package` is the folder of the package.
    """
    return next(
        (place for place in _places(package, "docs", "doc/enuf") if (place / "en/README.md").is_file()), None
    )


def manual_command(package: Path) -> str | None:
    """Return what to type to read the manual; None on a machine without `man`, or without the pages."""
    program = shutil.which("enuf")
    if not shutil.which("man"):
        return None
    if program and (Path(program).parents[1] / "share/man/man1/enuf.1").is_file():
        return "man enuf"
    pages = (place / "man1/enuf.1" for place in _places(package, "man", "man"))
    return next((f"man {page}" for page in pages if page.is_file()), None)


def _places(package: Path, in_checkout: str, in_share: str) -> Iterator[Path]:
    """Yield where a folder can be: in the checkout, or in `share` below the prefix of the installation.

    The prefix is a folder above the package, whichever scheme pip installed by.
    """
    if package.parent.name == "src":
        yield package.parents[1] / in_checkout
    for folder in package.parents[:6]:
        yield folder / "share" / in_share


def documentation_lines() -> list[str]:
    """Return where to read on: the address, and what can be read without a network."""
    package = Path(enuf.__file__).parent
    manual, folder = manual_command(package), documentation_folder(package)
    typed = "enuf explain" if manual is None else f"{manual}, enuf explain"
    files = [f"{translated_label('Files')}: {folder} (en, ko)"] if folder else []
    return [
        f"{translated_label('Documentation')}: {DOCUMENTATION}",
        f"{translated_label('Offline')}: {typed}",
        *files,
    ]

"""What `pip install` finds while the documents are executed: wheels of what is installed here, without a network."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import re
import zipfile
from pathlib import Path

import enuf

LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def fill_wheelhouse(folder: Path) -> Path:
    """One wheel each for enuf and all that it needs; enuf's is returned."""
    waiting, known = ["enuf"], {"enuf"}
    while waiting:
        distribution = importlib.metadata.distribution(waiting.pop())
        _pack(distribution, folder)
        for need in distribution.requires or ():
            name = re.split(r"[^\w.-]", need, maxsplit=1)[0]
            if "extra ==" not in need and _is_installed(name) and name not in known:
                known.add(name)
                waiting.append(name)
    return next(folder.glob("enuf-*.whl"))


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _pack(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    tags = re.findall(r"(?m)^Tag: (.+)$", distribution.read_text("WHEEL") or "")
    name = distribution.metadata["Name"].replace("-", "_")
    stem = f"{name}-{distribution.version}"
    rows = []
    with zipfile.ZipFile(folder / f"{stem}-{_together(tags)}.whl", "w") as wheel:
        for inside, path in _files(distribution):
            data = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{inside},sha256={digest},{len(data)}")
            entry = zipfile.ZipInfo(inside)
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            wheel.writestr(entry, data)
        record = f"{_info_folder(distribution)}/RECORD"
        wheel.writestr(record, "\n".join([*rows, f"{record},,", ""]))


def _together(tags: list[str]) -> str:
    """Several tags as one: py2-none-any and py3-none-any are py2.py3-none-any."""
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)


def _info_folder(distribution: importlib.metadata.Distribution) -> str:
    return next(file.parts[0] for file in distribution.files or () if file.name == "METADATA")


def _files(distribution: importlib.metadata.Distribution) -> list[tuple[str, Path]]:
    """The distribution's files as they lie in a wheel; of enuf, installed to be edited, those of the checkout."""
    found = [
        (str(file), Path(str(distribution.locate_file(file))))
        for file in distribution.files or ()
        if not file.parts[0].startswith("..")
        and "__pycache__" not in file.parts
        and not (file.parts[0].endswith(".dist-info") and file.name in LEFT_OUT)
        and not file.name.startswith("_editable")
    ]
    if distribution.metadata["Name"] == "enuf" and not any(name == "enuf/__init__.py" for name, _ in found):
        package = Path(enuf.__file__).parent
        files = sorted(
            path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
        found += [(f"enuf/{path.relative_to(package)}", path) for path in files]
    return found

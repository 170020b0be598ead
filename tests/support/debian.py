"""A Debian with systemd, nginx, Python and enuf, as overlay layers that are made once and stay unchanged."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("systemd", "systemd-sysv", "dbus", "nginx-core", "logrotate", "python3-venv", "curl")
VENV = "/opt/enuf"
"""The virtualenv inside that holds enuf, and may be read by every user."""

TOOLS = ("mmdebstrap", "systemd-nspawn", "nsenter", "unshare", "setpriv")
PYTHON = "/usr/bin/python3"
"""The machine's own, which is the very version that the Debian gets: both come from the same sources."""

KEPT_S = 7 * 24 * 3600
KEPT_ENUF_S = 3 * 3600
"""A layer that nobody used for so long is removed; one of enuf comes with every change of its source."""

Layers = tuple[Path, ...]
"""Folders for overlayfs, the uppermost first."""


def missing() -> str:
    """Return why no Debian can be made and booted here; an empty text when one can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, to boot a Debian with systemd"
    if lacking := [tool for tool in TOOLS if not shutil.which(tool)]:
        return f"the system has no {', '.join(lacking)}: apt-get install mmdebstrap systemd-container"
    if not _mirror():
        return "needs a Debian whose own apt sources can be asked"
    return ""


def debian_with_enuf() -> Layers:
    """Return the layers of a Debian with this checkout's enuf. The first call makes them, in about a minute."""
    with _cache() as folder:
        recipe = digest(_suite(), platform.machine(), *PACKAGES)
        base = _layer(folder, f"debian-{recipe}", _make_base)
        wheels = digest(recipe, *dependencies(), *(path.read_bytes() for path in _pins()))
        needs = _layer(folder, f"needs-{wheels}", lambda tree: _make_needs(tree, (base,)))
        of_source = digest(wheels, *source())
        enuf = _layer(folder, f"enuf-{of_source}", lambda tree: _make_enuf(tree, (needs, base)))
        layers = (enuf, needs, base)
        _forget_old(folder, layers)
    return layers


# -- the layers


def debian_of(*packages: str) -> Path:
    """Return the tree of a Debian with these packages and nothing else. The first call makes it, in about a minute."""
    recipe = digest(_suite(), platform.machine(), *packages)
    return kept_layer(f"debian-{recipe}", lambda tree: _make_base(tree, packages))


def _make_base(tree: Path, packages: Sequence[str] = PACKAGES) -> None:
    options = ("--mode=root", "--format=directory", "--variant=minbase", f"--include={','.join(packages)}")
    done = subprocess.run(
        ("mmdebstrap", *options, _suite(), tree, _mirror()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    # Whose mirror it is, is nobody's business in a test's output.
    assert done.returncode == 0, done.stdout[-3000:].replace(_mirror(), "MIRROR/")


def _make_needs(tree: Path, below: Layers) -> None:
    """Make a virtualenv with the dependencies of enuf, from wheels that the host's pip downloads."""
    with tempfile.TemporaryDirectory() as scratch:
        wheels = Path(scratch) / "wheels"
        download(wheels, *dependencies())
        inside(tree, below, wheels, (PYTHON, "-m", "venv", VENV))
        offline = ("install", "-q", "--no-index", "--find-links=/mnt")
        inside(tree, below, wheels, (f"{VENV}/bin/pip", *offline, *dependencies()))


def download(folder: Path, *words: str) -> None:
    """Download wheels for the Debian's Python, or for the one that `words` name, with the pip of a virtualenv."""
    with tempfile.TemporaryDirectory() as scratch:
        pip = Path(scratch) / "venv" / "bin" / "pip"
        run(PYTHON, "-m", "venv", pip.parents[1])
        pins = [word for path in _pins() for word in ("-c", path)]
        run(pip, "download", "-q", "--only-binary=:all:", "-d", folder, *pins, *words)


def _make_enuf(tree: Path, below: Layers) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        build_enuf(Path(scratch))
        (wheel,) = Path(scratch).glob("enuf-*.whl")
        offline = ("install", "-q", "--no-index", "--no-deps")
        inside(tree, below, wheel.parent, (f"{VENV}/bin/pip", *offline, f"/mnt/{wheel.name}"))


def wheels_with_enuf() -> Path:
    """Return a folder with the wheels of this checkout's enuf and of all that it needs, for an install without a network."""
    pins = (path.read_bytes() for path in _pins())

    def make(tree: Path) -> None:
        download(tree, *dependencies())
        build_enuf(tree)

    return kept_layer(f"enuf-wheels-{digest(*dependencies(), *pins, *source())}", make)


def build_enuf(folder: Path, checkout: Path = CHECKOUT) -> None:
    """Put the wheel of a checkout's enuf into the folder."""
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, checkout)


def inside(upper: Path, below: Layers, mnt: Path, command: Sequence[str]) -> None:
    """Run a command in the tree of these layers. Its writes go to the upper layer; the folder `mnt` is mounted at /mnt."""
    with tempfile.TemporaryDirectory(dir=upper.parent) as scratch:
        work, root = Path(scratch) / "work", Path(scratch) / "root"
        work.mkdir()
        root.mkdir()
        # The mounts are the command's own, and end with it.
        script = f'{MOUNT_OVERLAY}; mount --bind "$1" "$root/mnt"; shift; exec chroot "$root" "$@"'
        run(*in_own_mounts(script), *overlay_words(root, (upper, *below), work), mnt, *command)


# -- mounts that end with the process that made them

MOUNT_OVERLAY = 'set -e; root="$1"; mount -t overlay overlay -o "$2" "$root"; shift 2'
"""For sh: mounts the first two words, which `overlay_words` makes."""


def in_own_mounts(script: str) -> tuple[str, ...]:
    """Return the command line, up to its arguments, that runs a shell script in a mount namespace of its own."""
    return ("unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh")


def overlay_words(root: Path, layers: Layers, work: Path) -> tuple[str, str]:
    """Return the mount point and the options of an overlay mount; the first layer receives the writes."""
    lower = ":".join(map(str, layers[1:]))
    return str(root), f"lowerdir={lower},upperdir={layers[0]},workdir={work}"


# -- what a layer is made of


def _suite() -> str:
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def _mirror() -> str:
    """Return the URL from which the host's apt gets its packages; an empty text when apt names none."""
    if not shutil.which("apt-get"):
        return ""
    wanted = (f"Codename: {_suite()}", "Component: main", "Created-By: Packages")
    asked = subprocess.run(
        ("apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return next(iter(asked.stdout.split()), "")


def dependencies() -> list[str]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["acme"]]


def _pins() -> tuple[Path, ...]:
    """Return the constraints file in CI, whose versions are pinned as in the Makefile; no file elsewhere."""
    return (CHECKOUT / "constraints.txt",) if os.environ.get("CI") else ()


def source() -> Iterator[bytes]:
    for path in (CHECKOUT / "pyproject.toml", *sorted((CHECKOUT / "src").rglob("*"))):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(CHECKOUT)).encode()
            yield path.read_bytes()


# -- the cache


def _layer(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return the layer of this name, making it first if it is missing; an incomplete layer never has the name."""
    layer = folder / name
    if not layer.exists():
        with tempfile.TemporaryDirectory(dir=folder, prefix="making-") as scratch:
            tree = Path(scratch) / "tree"
            tree.mkdir(mode=0o755)
            make(tree)
            tree.rename(layer)
    os.utime(layer)
    return layer


def _forget_old(folder: Path, used: Layers) -> None:
    for path in folder.iterdir():
        kept_s = KEPT_ENUF_S if path.name.startswith(("enuf-", "later-")) else KEPT_S
        if path.is_dir() and path not in used and time.time() - path.stat().st_mtime > kept_s:
            shutil.rmtree(path)


def kept_layer(name: str, make: Callable[[Path], None]) -> Path:
    """Return the layer of this name from the cache, making it first if it is missing."""
    with _cache() as folder:
        return _layer(folder, name, make)


@contextlib.contextmanager
def _cache() -> Iterator[Path]:
    """Yield the folder of the cache with its lock held, so that parallel test runs do not make a layer twice."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enuf-tests"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def digest(*parts: str | bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8) + data)
    return found.hexdigest()[:12]


def run(*words: str | Path) -> None:
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout[-3000:]}"

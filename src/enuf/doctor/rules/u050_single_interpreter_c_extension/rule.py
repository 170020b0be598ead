"""Several apps in sub-interpreters, and extensions that do not work there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.python_import import imported_modules
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option

_EXTENSIONS = (
    "numpy",
    "scipy",
    "pandas",
    "lxml",
    "cryptography",
    "bcrypt",
    "PIL",
    "sklearn",
    "cv2",
    "torch",
    "tensorflow",
    "psycopg2",
    "h5py",
    "matplotlib",
    "orjson",
    "pydantic",
)
_PACKAGES = re.compile(
    r"numpy|scipy|pandas|lxml|cryptography|bcrypt|pillow|scikit-learn|opencv.*|torch|tensorflow|psycopg2.*|h5py|matplotlib|orjson|pydantic",
    re.IGNORECASE,
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server with several apps, an extension among them, and no single-interpreter."""
    for server in complete_servers(evidence):
        mounts = server.config.all("mount")
        if len(server.targets) < 2 or not mounts or server.config.is_on("single-interpreter") is not False:
            continue
        used = {
            name.partition(".")[0]
            for python_file in evidence.python_files
            for name, _ in imported_modules(python_file)
        } & set(_EXTENSIONS)
        used |= {name for name in evidence.packages if _PACKAGES.fullmatch(name)}
        if used:
            yield at_option(
                mounts[-1],
                f"the second app runs in a sub-interpreter, where {', '.join(sorted(used)[:3])} may refuse to load or crash",
                hint="single-interpreter = true",
                fix=add_options(
                    server.config,
                    "single-interpreter = true",
                    asks="several apps in one uWSGI then share one interpreter",
                ),
            )


RULE = Rule("U050", "single-interpreter-c-extension", "warning", check)

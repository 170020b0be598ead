"""Serve each application by `enuf up` and by gunicorn, compare their answers, and print the result as a table.

Exit status 1 if an answer differs without a reason that docs/en/explain/differences.md explains.
"""

from __future__ import annotations

import sys

from scripts.apps.command import main

sys.exit(main())

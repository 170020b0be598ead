"""`python -m enuf`."""

import sys

# `-m` puts the current folder first: a json.py of the project must not become ours, least of all root's.
if sys.path and not sys.flags.safe_path:
    del sys.path[0]

from enuf.cli import main

if __name__ == "__main__":
    main()

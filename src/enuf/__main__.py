"""`python -m enuf`."""

from enuf.cli import main

main()

"""What a page asks its reader to do: files to save and lines to type, read from its Markdown.

    **`app.py`**                      the block below it is saved under this name
    ```console                        lines to type in a terminal, and what they print
    # terminal 2                      in the second one; without this line, in the first
    $ curl -i http://127.0.0.1:8000/  typed as it stands
    HTTP/1.1 200 OK                   all that the reader sees then
    …                                 any number of lines, or within a line any text
    ^C                                Ctrl-C; without lines below it, whatever it prints
    ```
    <!-- not run: needs systemd -->   above a block: the test leaves it out, for this reason
    <!-- before: enuf up -d -->       typed by the test before the next block: what the page takes for granted
    <!-- left running -->             above a block: its last command does not end; the test ends it with the page

Lines above the first command of a block are what the program in the foreground of that terminal has printed since.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

INTERRUPT = "^C"
WATCH = ""
FENCE = re.compile(r"```(\w*)\s*")
FILE_NAME = re.compile(r"\*\*`([^`]+)`\*\*")
REMARK = re.compile(r"<!-- (not run|before|left running)(?:: (.*?))? -->")
TERMINAL = re.compile(r"# (?:terminal|터미널) (\d)")


@dataclass
class Step:
    """A line to type, and what it prints."""

    line: int
    typed: str
    printed: list[str] = field(default_factory=list)
    stays: bool = False
    """It goes on running: a Ctrl-C, or nothing, comes next in its terminal."""


@dataclass
class Block:
    """One fenced block of a page, with what stands above it."""

    line: int
    language: str
    text: list[str] = field(default_factory=list)
    file: str = ""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    terminal: int = 1
    steps: list[Step] = field(default_factory=list)

    @property
    def not_run(self) -> str | None:
        """Why the test leaves it out."""
        return dict(self.remarks).get("not run")

    @property
    def is_console(self) -> bool:
        """True for lines to type."""
        return self.language == "console"

    @property
    def commands(self) -> list[str]:
        """What is typed, in which terminal."""
        return [f"{self.terminal}$ {step.typed}" for step in self.steps]


def read_page(path: Path) -> list[Block]:
    """The page's blocks in their order."""
    blocks: list[Block] = []
    above, is_inside = Block(0, ""), False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if is_inside and line.startswith("```"):
            is_inside = False
        elif is_inside:
            blocks[-1].text.append(line)
        elif opening := FENCE.fullmatch(line):
            blocks.append(Block(number, opening[1], file=above.file, remarks=above.remarks))
            above, is_inside = Block(0, ""), True
        else:
            above = _noted(above, line)
    for block in blocks:
        if block.is_console:
            _read_steps(block)
    _find_what_stays([block for block in blocks if block.not_run is None])
    return blocks


def _noted(above: Block, line: str) -> Block:
    """What is known about the next block when this line, too, stands above it."""
    if remark := REMARK.fullmatch(line):
        return Block(0, "", file=above.file, remarks=[*above.remarks, (remark[1], remark[2] or "")])
    if name := FILE_NAME.fullmatch(line):
        return Block(0, "", file=name[1], remarks=above.remarks)
    return (
        above
        if not line.strip()
        else Block(0, "", remarks=[one for one in above.remarks if one[0] == "before"])
    )


def _read_steps(block: Block) -> None:
    block.steps = [Step(block.line, what, ["…"]) for remark, what in block.remarks if remark == "before"]
    is_first = True
    for number, line in enumerate(block.text, block.line + 1):
        if found := TERMINAL.fullmatch(line):
            block.terminal = int(found[1])
            continue
        if line.startswith("$ "):
            block.steps.append(Step(number, line.removeprefix("$ ")))
        elif line == INTERRUPT:
            block.steps.append(Step(number, INTERRUPT))
        else:
            if is_first:
                block.steps.append(Step(number, WATCH))
            block.steps[-1].printed.append(line)
        is_first = False
    if "left running" in dict(block.remarks):
        block.steps[-1].stays = True


def _find_what_stays(blocks: list[Block]) -> None:
    """Whatever runs until a Ctrl-C, and what is watched until then, goes on running."""
    is_running: dict[int, bool] = {}
    for block in reversed(blocks):
        for step in reversed(block.steps):
            step.stays = step.stays or is_running.get(block.terminal, False)
            is_running[block.terminal] = step.typed in (INTERRUPT, WATCH)

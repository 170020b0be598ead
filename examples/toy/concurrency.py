"""One request more than there are threads, all at once: which are served, and which one waits.

    python concurrency.py                                                        the stack that `enuf up` runs here
    python concurrency.py http://127.0.0.1:3031 --stats http://127.0.0.1:9191    uWSGI alone, by `uwsgi --ini wsgi.ini`

Who works on what is read from uWSGI's statistics while the requests are under way.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

WIDTH = 40


class UnderEnuf:
    """The running stack of this folder."""

    def __init__(self) -> None:
        self.url = self._status()["url"]

    def _status(self) -> dict:
        asked = subprocess.run(
            [sys.executable, "-m", "enuf", "status", "--json"], capture_output=True, text=True, check=False
        )
        if asked.returncode != 0:
            sys.exit("nothing runs here: start it with `enuf up -d`")
        return json.loads(asked.stdout)

    def look(self) -> tuple[dict, int]:
        """uWSGI's statistics, from the private socket of the generation that serves, and how many requests wait."""
        status = self._status()
        run = Path(status["paths"]["socket"]).parent
        return read_stats(str(run / f"g{status['generation']}" / "stats")), status["backlog"]["queued"]


class ByHand:
    """A uWSGI with a stats port."""

    def __init__(self, url: str, stats: str) -> None:
        self.url, self._stats = url, stats

    def look(self) -> tuple[dict, int]:
        """The statistics; on a TCP port they also know how many requests wait."""
        stats = read_stats(self._stats)
        return stats, stats["listen_queue"]


def read_stats(address: str) -> dict:
    """uWSGI's statistics: bare JSON from a port or a socket, or with HTTP around it (stats-http)."""
    if address.startswith("http://"):
        with urllib.request.urlopen(address) as answer:
            return json.load(answer)
    host, _, port = address.rpartition(":")
    is_tcp = port.isdigit()
    with socket.socket(socket.AF_INET if is_tcp else socket.AF_UNIX) as connection:
        connection.connect((host, int(port)) if is_tcp else address)
        text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return json.loads(text)


def at_work(stats: dict) -> dict[int, tuple[int, int]]:
    """The numbers of our requests that are being worked on, and the worker and the thread that do it."""
    found = {}
    for worker in stats["workers"]:
        for core in worker["cores"]:
            for variable in core.get("vars", []) if core["in_request"] else []:
                if match := re.match(r"QUERY_STRING=.*\bnumber=(\d+)", variable):
                    found[int(match[1])] = (worker["id"], core["id"] + 1)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?")
    parser.add_argument("--stats", help="uWSGI's statistics: http://host:port, host:port or a path")
    parser.add_argument("--seconds", type=float, default=3, help="how long each request takes")
    words = parser.parse_args()
    stack = ByHand(words.url, words.stats) if words.stats else UnderEnuf()
    workers = stack.look()[0]["workers"]
    slots = sum(len(worker["cores"]) for worker in workers)

    begin, ends = time.monotonic(), {}

    def ask(number: int) -> None:
        with urllib.request.urlopen(f"{stack.url}/slow?seconds={words.seconds}&number={number}") as answer:
            answer.read()
        ends[number] = time.monotonic() - begin

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, slots + 2)]
    for thread in threads:
        thread.start()
    busy, waiting = {}, 0
    while (len(busy), waiting) != (slots, 1) and not ends:  # while they arrive, the two numbers may disagree
        stats, waiting = stack.look()
        busy = at_work(stats)
    for thread in threads:
        thread.join()

    print(
        f"{len(workers)} processes x {slots // len(workers)} threads = {slots} requests at once; here are {slots + 1}:"
    )
    print(f"{len(busy)} at work, {waiting} waiting\n")
    last, first_free = max(ends.values()), min(ends.values())
    for number in sorted(ends, key=lambda each: busy.get(each, (len(workers) + 1, 0))):
        worker, thread = busy.get(number, (0, 0))
        who = f"worker {worker} thread {thread}" if worker else "waits"
        waited = 0 if worker else round(first_free / last * WIDTH)
        worked = round(ends[number] / last * WIDTH) - waited
        print(f"{who:<18} request {number:>2}  {'.' * waited}{'#' * worked}  {ends[number]:.1f} s")
    return 0 if (len(busy), waiting) == (slots, 1) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Counts the instructions of fixed work and holds them against the figures that are checked in.

`instructions.py TARGET [--write]`. Wall time says little on a busy machine; the number of instructions is the same each
time, within a few in ten thousand.
"""

import os
import pathlib
import re
import subprocess
import sys

from cloud import simulate

FIGURES = pathlib.Path("tests/bench/instructions.txt")
# Part of a figure by which it may grow, and by which it may shrink before it should be written anew.
MARGIN = 0.03
ROWS = 5_000


def count(target, name, arguments):
    """Instructions that one process takes, all its threads together."""
    profile = target / "bench" / f"callgrind.{name}"
    profile.parent.mkdir(parents=True, exist_ok=True)
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", *arguments]
    # No authorities: they are read in the background, as far as the process lives.
    nothing = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **nothing})
    if ended.returncode != 0:
        sys.exit(f"error: {arguments[1]} does not run under valgrind\n{ended.stderr[-4000:]}")
    return int(re.search(r"Collected : (\d+)", ended.stderr)[1])


def measure(target):
    """Instructions by what they are spent on: that of a process which does it twice less that of one which does it once."""
    counted = target / "debug/examples/counted"
    folder = target / "bench/counted"
    subprocess.run([counted, "prepare", folder], check=True)
    cloud, described = simulate(target / "debug/writeback", ROWS)
    try:
        job = [described["config"], described["job"]]
        figures = {}
        for name, rest in [("table", []), ("job", job)]:
            once, twice = (count(target, f"{name}-{times}", [counted, name, folder, str(times), *rest]) for times in (1, 2))
            figures[name] = twice - once
            if name == "job":
                figures["first job"] = once
    finally:
        cloud.terminate()
        cloud.wait()
    return figures


def profile(name):
    """The profile that shows most of a figure."""
    return "job-1" if name == "first job" else f"{name}-2"


def figures():
    """The checked-in figures."""
    lines = (line.split("#")[0].strip() for line in FIGURES.read_text().splitlines())
    return {name.strip(): int(number) for name, _, number in (line.partition("=") for line in lines if line)}


def write(measured):
    head = [line for line in FIGURES.read_text().splitlines() if line.startswith("#")]
    FIGURES.write_text("\n".join(head + [f"{name} = {number}" for name, number in measured.items()]) + "\n")


def main():
    target, options = pathlib.Path(sys.argv[1]), sys.argv[2:]
    measured = measure(target)
    if options == ["--write"]:
        return write(measured)
    missed = []
    for name, figure in figures().items():
        change = measured[name] / figure - 1
        print(f"{name}: {measured[name]:,} instructions, {change:+.2%} of {figure:,}")
        if change > MARGIN:
            missed.append(name)
        elif change < -MARGIN:
            print("hint: it takes fewer; keep that with `.ci/instructions.sh --write`")
    if missed:
        sys.exit(
            f"error: {' and '.join(missed)} takes over {MARGIN:.0%} more instructions than the figure\n"
            f"hint: `callgrind_annotate {target}/bench/callgrind.{profile(missed[0])}` shows where they go; "
            "`.ci/instructions.sh --write` accepts what is counted"
        )


main()

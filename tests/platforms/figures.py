"""Measures each platform beside our own host, in turn, in one run: a small job, a job of 100 MB, and the peak memory of it. Writes the
table of `docs/platforms.md`.

    figures.py WRITEBACK FOLDER [PLATFORM...]
"""

import os
import platform as machine
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

from cases import Case, config_of, job_of, secrets_of
from cloud import Cloud
from platforms import PLATFORMS, ROOT, Tools, Work, start

ROUNDS = 5
SMALL, LARGE = Case("small"), Case("large", rows=1_200_000)
DOCUMENT = ROOT / "docs/platforms.md"
BEGIN, END = "<!-- figures: written by tests/platforms/figures.py -->\n", "<!-- end of figures -->\n"


def main():
    binary, folder, *wanted = sys.argv[1:]
    tools = Tools(Path(binary).resolve(), Path(folder).resolve())
    platforms = [kind(tools) for kind in PLATFORMS if not wanted or kind.name in wanted]
    with tempfile.TemporaryDirectory() as state:
        homes = {platform: Path(state, platform.name) for platform in platforms}
        measured = {(platform, case): [] for platform in platforms for case in (SMALL, LARGE)}
        # The first round is not counted: caches are filled in it, ours of compiled code and the system's of files.
        for number in range(ROUNDS + 1):
            for case in (SMALL, LARGE):
                with Cloud(tools.binary, case.rows) as cloud:
                    for platform in platforms:
                        figures = measure(platform, case, cloud, homes[platform])
                        print(platform.name, case.name, *(f"{figure:.2f}" for figure in figures), flush=True)
                        measured[platform, case] += [figures] if number else []
    write(table(platforms, measured), tools)


def measure(platform, case, cloud, home):
    """Seconds, megabytes of data a second, and the process's peak memory in MiB."""
    home.mkdir(exist_ok=True)
    work = Work(home, home / "writeback.toml", home / "job.toml", secrets_of(case, cloud.described))
    work.config.write_text(config_of(case, cloud.described, home))
    work.job.write_text(job_of(case, cloud.described))
    told = home / "stderr"
    with told.open("w") as stderr:
        began = time.monotonic()
        process = start(platform, work, stderr)
        stdout = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - began
    size = cloud.described["datasets"][0]["bytes"]
    stored = cloud.files()["Finance/Documents/Reports/Daily/sales.csv"]["size"]
    assert status == 0 and stored == size, f"{platform.name}: {status}, {stored} of {size} bytes, {stdout}{told.read_text()}"
    return took, size / 1e6 / took, usage.ru_maxrss / 1024


def table(platforms, measured):
    rows = [
        "| platform | small job | 100 MB job | MB/s | peak memory |",
        "|---|---|---|---|---|",
    ]
    for platform in platforms:
        small = median(took for took, _, _ in measured[platform, SMALL])
        large, rate, memory = (median(figures) for figures in zip(*measured[platform, LARGE]))
        rows.append(f"| `{platform.name}` | {small:.2f} s | {large:.2f} s | {rate:.0f} | {memory:.0f} MiB |")
    return "\n".join(rows)


def write(table, tools):
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    wasmtime = (ROOT / "examples/python/requirements.txt").read_text().strip()
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    note = (
        f"{date.today():%B %Y}, {machine.system()} on {os.cpu_count()} cores ({processor()}), Python {machine.python_version()} with "
        f"{wasmtime}, Node {node}. Median of {ROUNDS} rounds, platforms in turn."
    )
    DOCUMENT.write_text(f"{before}{BEGIN}\n{note}\n\n{table}\n\n{END}{after}")
    print(table)


def processor():
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else machine.machine()


main()

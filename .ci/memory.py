"""Runs a 10 MB and a 1 GB job in processes of their own against the simulated cloud and compares their peak memory."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from cloud import job_of, rows_for, simulate

MIB = 1024 * 1024
PEAK = 96 * MIB
GROWTH = 8 * MIB


def peak(binary, size):
    """Peak resident memory, in bytes, of one `writeback run` that moves at least `size` bytes."""
    cloud, described = simulate(binary, rows_for(binary, size))
    try:
        dataset = described["datasets"][0]
        assert dataset["bytes"] >= size, dataset
        with tempfile.TemporaryDirectory() as folder:
            job = pathlib.Path(folder, "job.toml")
            job.write_text(job_of(described, "memory.csv"))
            command = [binary, "--config", described["config"], "run", "--report", "json", "--quiet", str(job)]
            run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            receipt = json.loads(run.stdout.read())
            _, status, usage = os.wait4(run.pid, 0)
            assert status == 0, receipt
            assert receipt["file"]["bytes"] == dataset["bytes"], receipt
            return usage.ru_maxrss * 1024
    finally:
        cloud.terminate()
        cloud.wait()


def main():
    binary = sys.argv[1]
    small, large = peak(binary, 10_000_000), peak(binary, 1_000_000_000)
    print(f"peak resident memory: 10 MB export {small / MIB:.1f} MiB, 1 GB export {large / MIB:.1f} MiB")
    if large >= PEAK or large - small > GROWTH:
        sys.exit(f"error: the limits are {PEAK // MIB} MiB and {GROWTH // MIB} MiB of growth")


main()

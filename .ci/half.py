"""Kills a `writeback run` half-way through its upload, runs it again, and counts in the cloud's log what travelled."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

from cloud import job_of, rows_for, simulate

FRAGMENT = 10 * 1024 * 1024
UPLOAD = f"[upload]\nfragment = {FRAGMENT}\nfragment_max = {FRAGMENT}\n"


def requests_of(described):
    with urllib.request.urlopen(described["control"] + "/requests") as reply:
        requests = json.load(reply)
    return requests["requests"] if isinstance(requests, dict) else requests


def fragments_of(described):
    return [r for r in requests_of(described) if r["method"] == "PUT" and r["service"] == "upload"]


def in_mid_fragment(described):
    last = fragments_of(described)[-1]
    return last["status"] is None and last["received"] > 0


def kill_half_way(command, environment, described):
    run = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
    for line in run.stderr:
        done = re.search(r"\((\d+) %\)", line)
        if "uploaded" in line and done and int(done.group(1)) >= 50:
            while not in_mid_fragment(described):
                assert run.poll() is None, "the run ended before it was killed"
            run.send_signal(signal.SIGKILL)
            break
    assert run.wait() == -signal.SIGKILL, "the run ended before it was killed"


def travelled(described):
    """Exports, and the bytes of all fragments."""
    exports = sum(request["path"].endswith("/data") for request in requests_of(described))
    return exports, sum(request["received"] for request in fragments_of(described))


def main():
    binary, size = sys.argv[1], int(sys.argv[2])
    cloud, described = simulate(binary, rows_for(binary, size))
    try:
        with tempfile.TemporaryDirectory() as folder:
            job = pathlib.Path(folder, "job.toml")
            job.write_text(job_of(described, "half.csv") + UPLOAD)
            command = [binary, "--config", described["config"], "run", str(job), "--report", "json"]
            environment = {"HOME": folder}
            kill_half_way(command, environment, described)
            run = subprocess.run(command, capture_output=True, text=True, env=environment)
            assert run.returncode == 0, run.stdout + run.stderr
            receipt = json.loads(run.stdout)
        exports, fragments = travelled(described)
        total = described["datasets"][0]["bytes"]
        assert receipt["file"]["bytes"] == total and receipt["verified"] == "hash", receipt
        print(f"killed half-way through {total:,} bytes: {exports} export, {fragments - total:,} bytes sent again")
        if exports != 1 or fragments - total > FRAGMENT:
            sys.exit(f"error: the limits are 1 export and {FRAGMENT:,} bytes")
    finally:
        cloud.terminate()
        cloud.wait()


main()

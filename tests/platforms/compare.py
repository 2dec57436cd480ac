"""Runs the same jobs on every platform and on our own host, each with a cloud of its own, and compares: what landed, byte for byte and by
its hash, the receipt but for ids and times, and a failure with its code, words and hint.

    compare.py WRITEBACK FOLDER [PLATFORM...]
"""

import hashlib
import json
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from cases import CASES, config_of, job_of, secrets_of
from cloud import Cloud
from platforms import PLATFORMS, OwnHost, Tools, Work, start
from prove import prove

SECONDS = 60
RUNS_AT_A_TIME = 3


def main():
    binary, folder, *wanted = sys.argv[1:]
    tools = Tools(Path(binary).resolve(), Path(folder).resolve())
    platforms = [platform(tools) for platform in PLATFORMS if platform is not OwnHost and (not wanted or platform.name in wanted)]
    passed = failed = 0
    # Runs have nothing in common, and some of them wait.
    with ThreadPoolExecutor(RUNS_AT_A_TIME) as pool:
        own_runs = {case: pool.submit(run, OwnHost(tools), case) for case in CASES}
        runs = [(case, platform, pool.submit(run, platform, case)) for case in CASES for platform in platforms if runs_on(case, platform)]
        checks = ((f"{platform.name:11} {case.name}", compare(platform, case, own_runs[case].result(), outcome.result())) for case, platform, outcome in runs)
        for name, differences in chain(checks, prove(tools, run, compare)):
            print(f"{'FAILED' if differences else 'ok':6} {name}", flush=True)
            for difference in differences:
                print(f"       {difference}", flush=True)
            passed, failed = passed + (not differences), failed + bool(differences)
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


def runs_on(case, platform):
    return (platform.own_authorities or not case.tls) and (not platform.cases or case.name in platform.cases)


def run(platform, case):
    """What came of a case: exit code, what was printed, and what is stored."""
    with tempfile.TemporaryDirectory() as folder:
        faults = Path(folder, "faults.toml")
        faults.write_text(case.faults or "")
        with Cloud(platform.tools.binary, case.rows, faults if case.faults else None, folder if case.tls else None) as cloud:
            work = Work(Path(folder), Path(folder, "writeback.toml"), Path(folder, "job.toml"), secrets_of(case, cloud.described))
            work.config.write_text(config_of(case, cloud.described, folder))
            work.job.write_text(job_of(case, cloud.described))
            if case.killed:
                kill_when_stalled(start(platform, work), cloud)
                platform.killed(work)
            for _ in range(1 + case.twice - case.killed):
                process = start(platform, work)
                stdout, stderr = process.communicate(timeout=SECONDS)
            files = {path: (file, cloud.download(file)) for path, file in cloud.files().items()}
    try:
        printed = json.loads(stdout)
    except ValueError:
        printed = None
    return {"exit": process.returncode, "printed": printed, "stderr": stderr, "files": files, "secrets": work.secrets}


def kill_when_stalled(process, cloud):
    while not any("stall" in request["faults"] for request in cloud.requests()):
        if process.poll() is not None:
            break
    process.kill()
    process.communicate()


def compare(platform, case, own, other):
    """The differences, none of which should be."""
    if other["printed"] is None:
        return [f"it printed no JSON; exit {other['exit']}, stderr: {other['stderr'][-2000:]}"]
    differences = []

    def same(what, expected, found):
        if expected != found:
            differences.append(f"{what}: {shown(expected)} became {shown(found)}")

    same("exit", own["exit"], other["exit"])
    same("files", sorted(own["files"]), sorted(other["files"]))
    for path in own["files"].keys() & other["files"].keys():
        (own_file, own_bytes), (file, stored) = own["files"][path], other["files"][path]
        same(f"{path}: bytes", own_bytes, stored)
        same(f"{path}: its SHA-256", hashlib.sha256(own_bytes).hexdigest(), file["sha256"])
        same(f"{path}: its quickXorHash", own_file["quickXorHash"], file["quickXorHash"])
        same(f"{path}: versions", own_file["versions"], file["versions"])
    vague = platform.other_words and case.words_of_host
    same("receipt", essence(own["printed"], vague), essence(other["printed"], vague))
    for name, value in other["secrets"].items():
        if len(value) >= 8 and value in json.dumps(other["printed"]) + other["stderr"]:
            differences.append(f"it shows the value of {name}")
    return differences


def essence(printed, vague):
    """A receipt or failure without what differs between two runs of one host: ids, times and attempts."""
    essence = {name: value for name, value in printed.items() if name not in ("run", "attempts", "steps")}
    if isinstance(essence.get("file"), dict):
        essence["file"] = {name: value for name, value in essence["file"].items() if name not in ("item_id", "etag")}
    if isinstance(essence.get("failure"), dict):
        words = {} if vague else {name: masked(essence["failure"][name]) for name in ("message", "hint")}
        essence["failure"] = words | {name: essence["failure"][name] for name in ("code", "retry_after", "exit")}
    return essence


def masked(text):
    """Trace ids and ports are new every time."""
    return text and re.sub(r"127\.0\.0\.1:\d+", "HOST", re.sub(r"\((toe|trace id|request-id) `[^`]*`", r"(\1 `…`", text))


def shown(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 1500 else f"{text[:1500]}…"


if __name__ == "__main__":
    main()

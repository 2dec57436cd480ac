"""Measures the server against the simulated cloud, each a process of its own, on SQLite and PostgreSQL, and writes the tables of
`docs/serve-figures.md`.

    figures.py WRITEBACK [rush] [noise] [memory] [history] [kills=SECONDS]
"""

import os
import platform
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/platforms"))

from cloud import Cloud  # noqa: E402
from postgres import Postgres  # noqa: E402
from server import Installation  # noqa: E402

DOCUMENT = ROOT / "docs/serve-figures.md"
TENANTS, JOBS, ROWS = 200, 10, 100


def main():
    binary = str(Path(sys.argv[1]).resolve())
    wanted = dict(word.partition("=")[::2] for word in sys.argv[2:]) or dict.fromkeys(("rush", "noise", "memory", "history"), "") | {"kills": "600"}
    parts = {"rush": rush, "noise": noise, "memory": memory, "history": history, "kills": kills}
    for name, option in wanted.items():
        with Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
            write(name, parts[name](Bench(binary, Path(folder), postgres), option))


class Bench:
    def __init__(self, binary, folder, postgres):
        self.binary, self.folder, self.postgres, self.number = binary, folder, postgres, 0

    def installation(self, cloud, kind):
        self.number += 1
        database = self.postgres.url(f"figures_{self.number}") if kind == "postgres" else None
        return Installation(self.binary, self.folder / str(self.number), cloud.described, database)


def each(count, work):
    """Calls `work(0..count)`, a few at a time."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, range(count)))


def rush(bench, _):
    """Every job due in the same minute."""
    rows = []
    for name, kind, workers in (("SQLite, one process", "sqlite", 1), ("PostgreSQL, one worker", "postgres", 1), ("PostgreSQL, three workers", "postgres", 3)):
        with Cloud(bench.binary, ROWS) as cloud, bench.installation(cloud, kind) as server:
            if kind == "sqlite":
                server.start(slots=8)
            else:
                server.start(roles=["api", "scheduler"])
                for worker in range(workers):
                    server.start(roles=["worker"], slots=8 // workers + (workers > 1), machine=f"m{worker}")
            server.more_tokens(6)
            due = int(time.time() // 60 + 2) * 60
            moment = datetime.fromtimestamp(due, UTC)
            expression = f"{moment.minute} {moment.hour} {moment.day} {moment.month} *"

            def tenant(number):
                server.tenant(f"t{number}")
                for job in range(JOBS):
                    made = server.job(f"t{number}", f"j{job}")
                    when = {"when": {"kind": "cron", "expression": expression}}
                    server.must("POST", f"/v1/tenants/t{number}/jobs/{made['id']}/schedules", when)

            each(TENANTS, tenant)
            assert time.time() < due, "the jobs were not made before they were due"
            runs = everything(server, TENANTS * JOBS)
            judge(cloud, runs)
            began = min(run["queued_at_ms"] for run in runs)
            took = (max(run["ended_at_ms"] for run in runs) - began) / 1000
            waits = sorted(run["started_at_ms"] - run["queued_at_ms"] for run in runs)
            rows.append([name, len(runs), f"{took:.0f} s", f"{len(runs) / took:.0f}/s", *(f"{waits[int(len(waits) * part)] / 1000:.1f} s" for part in (0.5, 0.95)), f"{waits[-1] / 1000:.1f} s"])
            print(*rows[-1], flush=True)
    heads = ["", "runs", "all done after", "throughput", "median wait", "95 % wait less than", "longest wait"]
    return f"{TENANTS} tenants with {JOBS} jobs each ({ROWS} rows), all due in the same minute, 8 slots in all. All done, none twice.", heads, rows


def everything(server, count, seconds=900):
    """All runs of all tenants, once so many are over."""
    deadline = time.monotonic() + seconds
    while True:
        runs = [run for page in each(TENANTS, lambda number: list(server.pages(f"/v1/tenants/t{number}/runs"))) for run in page]
        if len(runs) >= count and all("ended_at_ms" in run for run in runs):
            return runs
        assert time.monotonic() < deadline, f"{sum('ended_at_ms' in run for run in runs)} of {count} runs are over"
        time.sleep(2)


def judge(cloud, runs):
    failed = [run for run in runs if run["state"] != "done"]
    assert not failed, f"{len(failed)} failed: {failed[0]}"
    ticks = {(run["schedule"], run["tick_at_ms"]) for run in runs if "schedule" in run}
    assert len(ticks) in (0, len(runs)), "a moment ran twice"
    files = [path for path in cloud.files() if "/Documents/t" in path]
    assert len(files) == len(runs), f"{len(runs)} runs, {len(files)} files"


def noise(bench, _):
    """What a tenant with a thousand runs in line does to the others."""
    rows = []
    for kind in ("sqlite", "postgres"):
        waits = {}
        for noisy in (False, True):
            with Cloud(bench.binary, ROWS) as cloud, bench.installation(cloud, kind) as server:
                server.start(slots=8)
                server.more_tokens(6)
                server.tenant("noisy", concurrency=6)
                for job in range(1000 if noisy else 1):
                    server.job("noisy", f"j{job}")
                quiet = [f"q{number}" for number in range(20)]
                for tenant in quiet:
                    server.tenant(tenant)
                    server.job(tenant, "daily", if_exists="replace")
                if noisy:
                    each(1000, lambda job: server.must("POST", f"/v1/tenants/noisy/jobs/j{job}/runs", {}))
                for _ in range(5):
                    for tenant in quiet:
                        server.must("POST", f"/v1/tenants/{tenant}/jobs/daily/runs", {})
                        time.sleep(0.1)
                time.sleep(3)
                runs = [run for tenant in quiet for run in server.pages(f"/v1/tenants/{tenant}/runs")]
                assert all(run["state"] == "done" for run in runs), runs
                waits.setdefault(noisy, []).extend(run["started_at_ms"] - run["queued_at_ms"] for run in runs)
        alone, beside = median(waits[False]), median(waits[True])
        rows.append([kind, f"{alone:.0f} ms", f"{beside:.0f} ms", f"{(beside / alone - 1) * 100:+.0f} %"])
        print(*rows[-1], flush=True)
    text = "20 tenants start a job every other second; beside them one tenant has 1,000 runs in line, and may have 6 of the 8 slots. Median time from the request to the run's beginning."
    return text, ["", "alone", "beside the noisy tenant", "difference"], rows


def memory(bench, _):
    """Resident memory of the process for tenants, runs in line and runs under way."""
    with Cloud(bench.binary, 2_000_000) as cloud, bench.installation(cloud, "sqlite") as server:
        process = server.start(slots=64)
        server.more_tokens(8)
        begun = resident(process)
        each(200, lambda number: (server.tenant(f"t{number}"), server.job(f"t{number}", "j")))
        made = resident(process)
        each(32, lambda number: server.must("POST", f"/v1/tenants/t{number}/jobs/j/runs", {}))
        running = peak(process, 15)
        rows = [
            ["started", f"{begun / 1024:.0f} MiB", ""],
            ["200 tenants with a job each, none used yet", f"{made / 1024:.0f} MiB", f"{max(made - begun, 0) / 200:.1f} KiB a tenant"],
            ["32 runs of 180 MB under way", f"{running / 1024:.0f} MiB", f"{(running - made) / 32 / 1024:.1f} MiB a run"],
        ]
    # Without a worker they stay in line.
    with Cloud(bench.binary, ROWS) as cloud, bench.installation(cloud, "sqlite") as server:
        process = server.start(roles=["api", "scheduler"])
        server.more_tokens(8)
        each(100, lambda number: (server.tenant(f"t{number}"), server.job(f"t{number}", "j")))
        before = resident(process)
        each(100, lambda number: [server.must("POST", f"/v1/tenants/t{number}/jobs/j/runs", {}) for _ in range(50)])
        queued = resident(process)
        rows.append(["5,000 runs in line, no worker", f"{queued / 1024:.0f} MiB", f"{max(queued - before, 0) / 5000:.1f} KiB a run"])
    for row in rows:
        print(*row, flush=True)
    return "Resident memory of one process with SQLite.", ["", "resident", "each"], rows


def resident(process):
    return next(int(line.split()[1]) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))


def peak(process, seconds):
    most, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        most = max(most, resident(process))
        time.sleep(0.1)
    return most


def history(bench, _):
    """Lists and counts over 100,000 runs."""
    rows = []
    for kind in ("sqlite", "postgres"):
        with Cloud(bench.binary, ROWS) as cloud, bench.installation(cloud, kind) as server:
            server.start()
            server.tenant("t0")
            for job in range(10):
                server.job("t0", f"j{job}")
            tenant = server.must("GET", "/v1/tenants/t0")["id"]
            jobs = [job["id"] for job in server.pages("/v1/tenants/t0/jobs")]
            fill(bench, server, tenant, jobs)
            calls = {
                "newest 50 runs": "/v1/tenants/t0/runs",
                "newest 50 of a job": "/v1/tenants/t0/runs?job=j3",
                "newest 50 failed of a job": "/v1/tenants/t0/runs?job=j3&state=failed",
                "a page from the middle": "/v1/tenants/t0/runs?after=run_00050000",
                "success rate and duration of a job": "/v1/tenants/t0/jobs/j3/history?days=90",
                "the same of the tenant": "/v1/tenants/t0/history?days=90",
            }
            for name, path in calls.items():
                took = []
                for _ in range(40):
                    began = time.perf_counter()
                    server.must("GET", path)
                    took.append((time.perf_counter() - began) * 1000)
                rows.append([name, kind, f"{median(took):.1f} ms", f"{sorted(took)[-3]:.1f} ms"])
                print(*rows[-1], flush=True)
                assert median(took) < 50, rows[-1]
    return "A tenant with 100,000 runs of 10 jobs in its history; 40 calls each, over HTTP.", ["call", "database", "median", "95 % less than"], rows


def fill(bench, server, tenant, jobs):
    """Rows as the server writes them, for runs of the last 90 days."""
    now, day = int(time.time() * 1000), 86_400_000
    columns = "id, tenant, job, revision, cause, state, priority, destination, queued_at, not_before, started_at, ended_at, attempts, failures, losses, retries, retry_wait_ms, dispatch, cancel_requested, timings, usage, receipt, version"
    receipt = '{"file":{"bytes":123456},"export":{"rows":1000}}'
    usage = '{"received_bytes":1,"sent_bytes":1,"requests":9,"throttled":0,"cpu_ms":5,"memory_bytes":1}'
    runs, days = [], {}
    for number in range(100_000):
        at = now - 90 * day + number * 90 * day // 100_000
        job, state = jobs[number % 10], "failed" if number % 20 == 3 else "done"
        runs.append((f"run_{number:08}", tenant, job, 1, "schedule", state, 0, "x", at, at, at, at + 900, 1, 0, 0, 0, 1, 1, 0, "[]", usage, receipt, 3))
        count = days.setdefault((job, at // day), [0, 0])
        count[state == "failed"] += 1
    counted = [(tenant, job, number, done, failed, 0, done * 900, done * 123456) for (job, number), (done, failed) in days.items()]
    if server.database is None:
        with sqlite3.connect(server.folder / "data/writeback.db", timeout=60) as database:
            database.executemany(f"INSERT INTO runs ({columns}) VALUES ({','.join('?' * 23)})", runs)
            database.executemany("INSERT INTO job_days VALUES (?,?,?,?,?,?,?,?)", counted)
        return
    copy(bench, server, f"runs ({columns})", runs)
    copy(bench, server, "job_days", counted)
    bench.postgres.run("psql", "-q", server.database, "-c", "ANALYZE")


def copy(bench, server, table, rows):
    file = bench.folder / "rows.tsv"
    file.write_text("".join("\t".join(str(cell).replace("\\", "\\\\") for cell in row) + "\n" for row in rows))
    bench.folder.chmod(0o755)
    bench.postgres.run("psql", "-q", server.database, "-c", f"\\copy {table} FROM '{file}'")


def kills(bench, option):
    """SIGKILL of a worker by chance every few seconds, through a load of so many seconds."""
    seconds, rows = int(option or 600), []
    for kind in ("sqlite", "postgres"):
        with Cloud(bench.binary, 20_000) as cloud, bench.installation(cloud, kind) as server:
            server.start(roles=["api", "scheduler"])
            for number in range(20):
                server.tenant(f"t{number}")
            start = lambda number: server.start(roles=["worker"], slots=3, machine=f"m{number}" if kind == "postgres" else "one", lease=5)  # noqa: E731
            workers, killed, asked = [start(number) for number in range(3)], 0, 0
            until, chance = time.monotonic() + seconds, random.Random(1)
            stop = threading.Event()

            def ask():
                nonlocal asked
                while not stop.is_set():
                    tenant = f"t{asked % 20}"
                    server.job(tenant, f"j{asked}")
                    server.must("POST", f"/v1/tenants/{tenant}/jobs/j{asked}/runs", {})
                    asked += 1
                    stop.wait(0.5)

            asking = threading.Thread(target=ask)
            asking.start()
            while time.monotonic() < until:
                time.sleep(chance.uniform(3, 8))
                victim = chance.randrange(3)
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = start(victim)
                killed += 1
            stop.set()
            asking.join()
            runs = [run for number in range(20) for run in settled(server, f"t{number}")]
            judge(cloud, runs)
            assert len(runs) == asked, (len(runs), asked)
            again = sum(run["attempts"] > 1 for run in runs)
            rows.append([kind, f"{seconds} s", killed, asked, again, 0, 0])
            print(*rows[-1], flush=True)
    text = "Three workers, one of which is killed (SIGKILL) every 3 to 8 seconds and started again, under a run every half second. Files are written with `if_exists = \"rename\"`, so that a second one of the same run would be seen."
    return text, ["database", "for", "kills", "runs", "went on elsewhere", "lost", "doubled"], rows


def settled(server, tenant, seconds=300):
    deadline = time.monotonic() + seconds
    while True:
        runs = list(server.pages(f"/v1/tenants/{tenant}/runs"))
        if all("ended_at_ms" in run for run in runs):
            return runs
        assert time.monotonic() < deadline, [run for run in runs if "ended_at_ms" not in run]
        time.sleep(1)


def write(name, part):
    """Replaces the part of this name in the document."""
    text, heads, rows = part
    begin, end = f"<!-- {name}: written by tests/serve/figures.py -->\n", f"<!-- end of {name} -->\n"
    cells = [heads, ["---"] * len(heads), *rows]
    table = "".join("| " + " | ".join(map(str, row)) + " |\n" for row in cells)
    cores, kernel = os.cpu_count(), platform.release().split("-")[0]
    content = f"{begin}{text}\n\n{table}\n{date.today()}, {cores} cores, Linux {kernel}.\n{end}"
    document = DOCUMENT.read_text()
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(before + content + after)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()

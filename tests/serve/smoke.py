"""The server as its users meet it: real processes, real databases, the real component, the simulated cloud. On SQLite and on PostgreSQL.

    smoke.py WRITEBACK
"""

import signal
import sys
import tempfile
import time
from pathlib import Path

PLATFORMS = Path(__file__).resolve().parent.parent / "platforms"
sys.path.insert(0, str(PLATFORMS))

from cloud import Cloud  # noqa: E402
from postgres import Postgres  # noqa: E402
from server import Installation  # noqa: E402


def main():
    binary = str(Path(sys.argv[1]).resolve())
    with Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate((two_tenants, a_worker_is_killed, drained)):
            for kind in ("sqlite", "postgres"):
                database = postgres.url(f"smoke_{number}") if kind == "postgres" else None
                case(binary, Path(folder, f"{case.__name__}-{kind}"), database)
                print(f"{case.__name__} on {kind}: good", flush=True)


def two_tenants(binary, folder, database):
    """Two tenants, each with its job: done, whole, and nothing of either in the other's hands."""
    with Cloud(binary, 5_000) as cloud, Installation(binary, folder, cloud.described, database) as server:
        server.start()
        log = next(dataset["id"] for dataset in cloud.described["datasets"] if dataset["kind"] == "runs")
        told, tokens = {"kind": "domo", "account": "domo", "dataset": log}, {}
        for tenant in ("finance", "marketing"):
            server.tenant(tenant)
            server.job(tenant, "daily")
            server.must("POST", f"/v1/tenants/{tenant}/targets", {"name": "runs", "events": ["run"], "to": told})
            tokens[tenant] = server.must("POST", f"/v1/tenants/{tenant}/tokens", {"name": "t", "role": "admin"})["text"]
        runs = {tenant: server.must("POST", f"/v1/tenants/{tenant}/jobs/daily/runs", {}, token=tokens[tenant]) for tenant in tokens}
        for tenant, run in runs.items():
            over = wait(server, tenant, run["id"])
            assert over["state"] == "done", over
            file = cloud.files()[f"Finance/Documents/{tenant}/daily.csv"]
            assert file["size"] == over["receipt"]["file"]["bytes"], over
            assert [timing["step"] for timing in over["timings"]][0] == "preparing", over["timings"]
        rows = rows_of(cloud, log, len(runs))
        assert sorted(row[1] for row in rows) == sorted(run["id"] for run in runs.values()), rows
        assert all((row[3], row[4], row[9], row[11]) == ("daily", "done", "daily.csv", str(file["size"])) for row in rows), rows
        foreign = server.call("GET", f"/v1/tenants/finance/runs/{runs['finance']['id']}", token=tokens["marketing"])
        missing = server.call("GET", "/v1/tenants/nobody/runs/run_0", token=tokens["marketing"])
        assert foreign == missing and foreign[0] == 404, (foreign, missing)
        secret = cloud.described["domo_client"]["secret"]
        server.stop()
        places = [path for path in folder.rglob("*") if path.is_file() and path.name != "settings.toml"]
        assert not [path for path in places if secret.encode() in path.read_bytes()], "a secret lies in the open"
        assert not list(folder.glob("data*/spool/*/*/*")), "spools stay"


def a_worker_is_killed(binary, folder, database):
    """SIGKILL in the middle of an upload: the run goes on elsewhere, and there is one file."""
    with Cloud(binary, 400_000, faults=stalled(folder)) as cloud, Installation(binary, folder, cloud.described, database) as server:
        server.start(roles=["api", "scheduler"])
        server.tenant("finance")
        server.job("finance", "daily")
        worker = server.start(roles=["worker"], machine="two", lease=5)
        run = server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})
        under_way(server, "finance", run["id"])
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        server.start(roles=["worker"], machine="three" if database else "two", lease=5)
        over = wait(server, "finance", run["id"])
        assert over["state"] == "done" and over["attempts"] == 2, over
        files = [path for path in cloud.files() if "/finance/" in path]
        assert files == ["Finance/Documents/finance/daily.csv"], files
        exports = sum("/data?" in request["path"] or request["path"].endswith("/data") for request in cloud.requests())
        assert exports == (2 if database else 1), f"{exports} exports: the spool of the same machine was not used, or that of another was"


def drained(binary, folder, database):
    """SIGTERM with no time left: the run is handed back, and goes on when there is a worker again."""
    with Cloud(binary, 400_000, faults=stalled(folder)) as cloud, Installation(binary, folder, cloud.described, database) as server:
        server.start(roles=["api", "scheduler"])
        server.tenant("finance")
        server.job("finance", "daily")
        worker = server.start(roles=["worker"], drain=0)
        run = server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})
        under_way(server, "finance", run["id"])
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0, worker.log.read_text()
        waiting = server.must("GET", f"/v1/tenants/finance/runs/{run['id']}")
        assert waiting["state"] == "queued" and waiting["attempts"] == 1, waiting
        server.start(roles=["worker"])
        over = wait(server, "finance", run["id"])
        assert over["state"] == "done" and over["attempts"] == 2, over
        files = [path for path in cloud.files() if "/finance/" in path]
        assert files == ["Finance/Documents/finance/daily.csv"], files


def wait(server, tenant, run, seconds=120):
    """The run when it is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = server.must("GET", f"/v1/tenants/{tenant}/runs/{run}")
        if "ended_at_ms" in found:
            return found
        assert time.monotonic() < deadline, f"the run is not over: {found}"
        time.sleep(0.1)


def rows_of(cloud, dataset, count, seconds=60):
    """The rows of a DataSet, once it has so many."""
    deadline = time.monotonic() + seconds
    while True:
        rows = cloud.exported(dataset)
        if len(rows) >= count:
            return rows
        assert time.monotonic() < deadline, f"the rows do not come: {rows}"
        time.sleep(0.1)


def stalled(folder):
    """The second fragment of the first upload waits for ever."""
    folder.mkdir()
    faults = folder / "faults.toml"
    faults.write_text('[[fault]]\nservice = "upload"\nmethod = "PUT"\npath = "uploadSession"\nnth = 2\naction = "stall"\n')
    return faults


def under_way(server, tenant, run, seconds=60):
    """Returns once the run has sent a fragment, and waits for the next."""
    deadline = time.monotonic() + seconds
    while True:
        found = server.must("GET", f"/v1/tenants/{tenant}/runs/{run}")
        assert "ended_at_ms" not in found, f"the run was over before it could be stopped: {found}"
        if found.get("step", {}).get("step") == "uploading" and found["step"]["bytes"] > 0:
            return
        assert time.monotonic() < deadline, f"the run does not begin: {found}"
        time.sleep(0.02)


if __name__ == "__main__":
    main()

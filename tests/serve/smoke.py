"""The server as its users meet it: real processes, real databases, the real component, the simulated cloud. On SQLite and on PostgreSQL.

    smoke.py WRITEBACK
"""

import json
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PLATFORMS = Path(__file__).resolve().parent.parent / "platforms"
sys.path.insert(0, str(PLATFORMS))

from cloud import Cloud  # noqa: E402
from postgres import Postgres  # noqa: E402
from server import Installation  # noqa: E402


def main():
    binary = str(Path(sys.argv[1]).resolve())
    with Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate((two_tenants, a_worker_is_killed, drained, restored, rekeyed, observed)):
            for kind in ("sqlite", "postgres"):
                database = postgres.url(f"smoke_{number}") if kind == "postgres" else None
                case(binary, Path(folder, f"{case.__name__}-{kind}"), database, postgres)
                print(f"{case.__name__} on {kind}: good", flush=True)


def two_tenants(binary, folder, database, _):
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


def a_worker_is_killed(binary, folder, database, _):
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


def drained(binary, folder, database, _):
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


def restored(binary, folder, database, postgres):
    """A copy made while it runs, put in place elsewhere with the master key: everything is there, and works."""
    with Cloud(binary, 1_000) as cloud, Installation(binary, folder, cloud.described, database) as server:
        server.start()
        server.tenant("finance")
        server.job("finance", "daily", if_exists="replace")
        before = wait(server, "finance", server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})["id"])
        if database:
            dump = postgres.folder / "copy.sql"
            postgres.run("pg_dump", "--no-owner", "-f", dump, database)
            server.database = postgres.url("restored")
            postgres.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, server.database)
        else:
            copy = folder / "copy"
            copy.mkdir(mode=0o700)
            with sqlite3.connect(server.data / "writeback.db") as source, sqlite3.connect(copy / "writeback.db") as target:
                source.backup(target)
            server.data = copy
        server.stop()
        server.start(machine="restored")
        again = server.must("GET", f"/v1/tenants/finance/runs/{before['id']}")
        assert again == before, (before, again)
        over = wait(server, "finance", server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})["id"])
        assert over["state"] == "done", over


def rekeyed(binary, folder, database, _):
    """A new master key, first beside the old one, then alone."""
    with Cloud(binary, 1_000) as cloud, Installation(binary, folder, cloud.described, database) as server:
        server.start()
        server.tenant("finance")
        server.job("finance", "daily", if_exists="replace")
        server.stop()
        old, server.key = server.key, folder / "new.key"
        server.key.write_text("HxweHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=")
        server.key.chmod(0o600)
        server.start(more=["--previous-master-key", f"file:{old}"])
        server.stop()
        server.start()
        over = wait(server, "finance", server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})["id"])
        assert over["state"] == "done", over


def observed(binary, folder, database, _):
    """Traces, logs and metrics: of which tenant and run, and without a secret."""
    with Cloud(binary, 1_000) as cloud, Collector() as collector, Installation(binary, folder, cloud.described, database) as server:
        process = server.start(more=["--otlp", collector.url, "--log-format", "json"])
        server.tenant("finance")
        server.job("finance", "daily")
        run = wait(server, "finance", server.must("POST", "/v1/tenants/finance/jobs/daily/runs", {})["id"])
        metrics = server.text("/metrics")
        tenant = server.must("GET", "/v1/tenants/finance")["id"]
        assert f'writeback_run_attempts_total{{tenant="{tenant}",result="done"}} 1' in metrics, metrics
        server.stop()
        traces = b"".join(collector.bodies)
        assert run["id"].encode() in traces and tenant.encode() in traces, f"{len(traces)} bytes of traces do not name the run"
        lines = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
        assert any(run["id"] in json.dumps(line) for line in lines), process.log.read_text()
        secrets = [cloud.described[client]["secret"] for client in ("domo_client", "entra_client")]
        told = traces.decode(errors="replace") + process.log.read_text() + metrics
        assert not [secret for secret in secrets if secret in told], "a secret is told"


class Collector:
    """Takes traces as an OpenTelemetry collector does, and keeps them."""

    def __enter__(self):
        bodies = self.bodies = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces", self.path
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()


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

"""Processes of `writeback serve`, and the API as a program uses it."""

import json
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from postgres import free_port

# No proxy for what is on this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Installation:
    """One installation: a database, a master key, and any number of processes. `machine` tells their spools apart."""

    def __init__(self, binary, folder, described, database=None):
        self.binary, self.folder, self.database = binary, Path(folder), database
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = self.folder / "master.key"
        self.key.write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        self.key.chmod(0o600)
        addresses = [url.split("//")[1].split("/")[0] for url in (described["domo"], described["login"], described["graph"], described["upload"])]
        self.settings = self.folder / "settings.toml"
        self.settings.write_text(f"allow_endpoints = true\n[egress]\nallow_addresses = {json.dumps(addresses)}\n[limits.tenant]\nruns = 1000\n")
        self.described = described
        self.processes, self.token, self.address = [], None, None
        self.tokens = []
        self.data = self.folder / "data"

    def start(self, roles=None, slots=8, machine="one", lease=5, drain=30, more=()):
        """Starts a process, and waits until it answers."""
        address = f"127.0.0.1:{free_port()}"
        data = self.folder / f"data-{machine}" if self.database else self.data
        command = [self.binary, "serve", "--data", data, "--listen", address, "--slots", str(slots), "--machine", machine]
        command += ["--lease", str(lease), "--drain", str(drain), "--settings", self.settings, "--master-key", f"file:{self.key}"]
        command += [word for role in roles or [] for word in ("--role", role)] + list(more)
        environment = dict(os.environ, **({"WRITEBACK_DATABASE": self.database} if self.database else {}))
        log = (self.folder / f"log-{machine}-{len(self.processes)}").open("w")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        process.log = Path(log.name)
        self.processes.append(process)
        deadline = time.monotonic() + 60
        while not answers(f"http://{address}/readyz"):
            assert process.poll() is None, f"serve ended: {process.log.read_text()}"
            assert time.monotonic() < deadline, f"serve does not answer: {process.log.read_text()}"
            time.sleep(0.05)
        if self.token is None:
            self.token = process.stdout.readline().strip()
        if not roles or "api" in roles:
            self.address = address
        return process

    def more_tokens(self, count):
        """Requests are counted for each token: more of them ask faster."""
        new = {"name": "one of several", "role": "installation"}
        self.tokens = [self.must("POST", "/v1/tokens", new)["text"] for _ in range(count)]

    def stop(self):
        """SIGTERM to all, and their ends."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=90)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def call(self, method, path, body=None, token=None, headers=()):
        """The answer's status and JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data=data, method=method)
        request.add_header("Authorization", f"Bearer {token or random.choice(self.tokens or [self.token])}")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in headers:
            request.add_header(name, value)
        for _ in range(200):
            try:
                with OPENER.open(request, timeout=60) as reply:
                    text = reply.read()
                    return reply.status, json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                text = error.read()
                if error.code == 429 and b"too-many-requests" in text:
                    time.sleep(float(error.headers.get("Retry-After", "1")))
                    continue
                return error.code, json.loads(text) if text else None
        raise AssertionError("asked too often for too long")

    def text(self, path):
        request = urllib.request.Request(f"http://{self.address}{path}", headers={"Authorization": f"Bearer {self.token}"})
        with OPENER.open(request, timeout=60) as reply:
            return reply.read().decode()

    def must(self, method, path, body=None, **rest):
        status, answer = self.call(method, path, body, **rest)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def pages(self, path):
        """Every entry of a list."""
        after = ""
        while True:
            page = self.must("GET", f"{path}{'&' if '?' in path else '?'}limit=500{after}")
            yield from page["items"]
            if "next" not in page:
                return
            after = f"&after={page['next']}"

    def tenant(self, name, **settings):
        """A tenant with its two accounts."""
        cloud = self.described
        self.must("POST", "/v1/tenants", {"name": name, "settings": settings})
        domo = {
            "kind": "domo",
            "client_id": cloud["domo_client"]["id"],
            "client_secret": {"value": cloud["domo_client"]["secret"]},
            "endpoints": {"api": cloud["domo"]},
        }
        sharepoint = {
            "kind": "entra",
            "tenant": cloud["tenant"],
            "client_id": cloud["entra_client"]["id"],
            "client_secret": {"value": cloud["entra_client"]["secret"]},
            "hosts": [cloud["upload"]],
            "endpoints": {"login": cloud["login"], "graph": cloud["graph"]},
        }
        for account, document in (("domo", domo), ("sharepoint", sharepoint)):
            self.must("POST", f"/v1/tenants/{name}/accounts", {"name": account, "account": document})

    def job(self, tenant, name, dataset=0, if_exists="rename", **more):
        """A job whose file is called as tenant and job are: a second one of the same run would be `… 1.csv`."""
        cloud = self.described
        document = {
            "name": name,
            "domo": {"account": "domo", "dataset": cloud["datasets"][dataset]["id"]},
            "sharepoint": {"account": "sharepoint", "site": next(site["url"] for site in cloud["sites"] if site["name"] == "Finance"), "folder": tenant, "filename": {"custom": f"{name}.csv"}, "if_exists": if_exists},
        }
        return self.must("POST", f"/v1/tenants/{tenant}/jobs", {"name": name, "job": document, **more})


def answers(url):
    try:
        with OPENER.open(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False

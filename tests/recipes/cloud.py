"""A simulated cloud for one recipe, and the files that its user would have: a configuration, two secrets, three jobs."""

import json
import os
import pathlib
import subprocess
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("WRITEBACK", TARGET / "debug/writeback")).resolve()

# One 503 ends a run that tries once: exit code 3, and the next start succeeds.
ONCE = "\n[retry]\nattempts = 1\n"
TROUBLE = """
[[fault]]
service = "domo"
path = "/data?"
action = { status = { status = 503, body = "busy" } }
"""
HANG = """
[[fault]]
service = "domo"
path = "/data?"
label = "hanging"
action = "stall"
"""


class Cloud:
    """Serves as long as the `with` lasts."""

    def __enter__(self):
        command = [BINARY, "simulate", "--rows", "200", "--datasets", "1"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.description = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def place(self, folder):
        """The files of a recipe: `sales` lands, `absent` fails for good, `foreign` does not sign in, `wrong` is no job."""
        folder = pathlib.Path(folder)
        (folder / "jobs").mkdir(parents=True)
        ready = pathlib.Path(self.description["config"]).parent
        for name in ("domo", "sharepoint"):
            secret = folder / f"{name}.secret"
            secret.touch(mode=0o600)
            secret.write_bytes((ready / f"{name}-secret").read_bytes())
        config = (ready / "writeback.toml").read_text()
        config = config.replace('"domo-secret"', '"domo.secret"').replace('"sharepoint-secret"', '"sharepoint.secret"')
        stranger = config[config.index("[accounts.domo]") : config.index("[accounts.sharepoint]")]
        stranger = stranger.replace("accounts.domo", "accounts.stranger").replace("domo.secret", "sharepoint.secret")
        (folder / "writeback.toml").write_text(config + "\n" + stranger)
        job = (ready / "job.toml").read_text()
        jobs = {
            "sales": job,
            "absent": job.replace("/sites/Finance", "/sites/Absent"),
            "foreign": job.replace('account = "domo"', 'account = "stranger"'),
            "wrong": job.replace("if_exists", "if_there"),
        }
        for name, text in jobs.items():
            (folder / "jobs" / f"{name}.toml").write_text(text + ONCE)
        return folder

    def trouble(self):
        """Makes the next export fail for now."""
        self._control("/faults", TROUBLE.encode())

    def files(self):
        """Names of the stored files."""
        return [file["path"].rsplit("/", 1)[-1] for file in self._control("/files")]

    def requests(self):
        """How many requests there were."""
        return len(self._seen())

    def hang(self):
        """Lets the next export hang."""
        self._control("/faults", HANG.encode())

    def until_hanging(self):
        """Returns once it does."""
        while not any("hanging" in request["faults"] for request in self._seen()):
            pass

    def _seen(self):
        seen = self._control("/requests")
        return seen["requests"] if isinstance(seen, dict) else seen

    def _control(self, path, body=None):
        with urllib.request.urlopen(self.description["control"] + path, body) as reply:
            text = reply.read()
        return json.loads(text) if text else None

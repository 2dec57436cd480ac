"""How a job is run on each platform: a command, what it reads, and its environment."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Work:
    """A job and its configuration as files in a folder that is the run's own."""

    folder: Path
    config: Path
    job: Path
    secrets: dict

    @property
    def state(self):
        path = self.folder / "state"
        path.mkdir(exist_ok=True)
        return path


@dataclass(frozen=True)
class Tools:
    """Where what the platforms need was installed."""

    # The command of this project.
    binary: Path
    # Holds `python` (a virtual environment), `node` and `portable` (with their packages), and the components.
    folder: Path
    python_example: Path = ROOT / "examples/python"

    @property
    def python(self):
        return self.folder / "python/bin/python"

    @property
    def node(self):
        return self.folder / "node"

    @property
    def wasmtime(self):
        return self.folder / "wasmtime/bin/wasmtime"


class Platform:
    # Whether what the host itself has to say is said in other words than by our own.
    other_words = False
    # The cases that it runs, where those are not all.
    cases = None
    # Whether it can be told to trust an authority.
    own_authorities = True

    def __init__(self, tools):
        self.tools = tools

    def environment(self, work):
        return work.secrets

    def stdin(self, work):
        return subprocess.DEVNULL

    def killed(self, work):
        """What has to pass before the job may run again."""


class OwnHost(Platform):
    name = "writeback"

    def command(self, work):
        return [self.tools.binary, "--config", work.config, "run", "--quiet", "--report", "json", work.job]


class PythonRaw(Platform):
    name = "python-raw"
    other_words = True

    def command(self, work):
        component = self.tools.folder / "connector.wasm"
        run = [self.tools.python, self.tools.python_example / "run.py", "--component", component]
        return [*run, "--config", work.config, "--state", work.state, work.job]


class NodeRaw(Platform):
    name = "node-raw"
    other_words = True

    def command(self, work):
        run = ["node", self.tools.node / "run.js", "--connector", self.tools.node / "build"]
        return [*run, "--config", work.config, "--state", work.state, work.job]


class Portable(Platform):
    """The portable `cli` build: the job on standard input, all else by environment, and one folder."""

    own_authorities = False

    def environment(self, work):
        return work.secrets | {"WRITEBACK_CONFIG_TEXT": work.config.read_text()}

    def stdin(self, work):
        return work.job.open("rb")

    def killed(self, work):
        """WASI has no locks: a run that has not touched this file for 90 s counts as dead."""
        for path in work.state.glob("*/running"):
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 100))


class PythonCli(Portable):
    name = "python-cli"

    def command(self, work):
        return [self.tools.python, HERE / "portable/cli.py", self.tools.folder / "cli.wasm", work.state]


class PythonStore(Portable):
    """The same, with settings and secrets from a configuration store."""

    name = "python-store"
    cases = ("small", "no-site", "wrong-secret")

    def command(self, work):
        return [self.tools.python, HERE / "portable/cli.py", self.tools.folder / "cli-store.wasm", work.state]


class PythonLibrary(Portable):
    """The `library` build: no front, one call of the connector's `run`."""

    name = "python-library"
    cases = ("small", "session")

    def command(self, work):
        return [self.tools.python, HERE / "portable/library.py", self.tools.folder / "library.wasm", work.job]


class NodeCli(Portable):
    name = "node-cli"

    def command(self, work):
        return ["node", self.tools.folder / "portable/cli.mjs", self.tools.folder / "portable/cli", work.state]


class Served(Portable):
    """The portable `http` build: a server for each job. There is no folder, so what was interrupted begins anew."""

    cases = ("small", "session", "no-dataset")

    def environment(self, work):
        return super().environment(work) | {"WRITEBACK_TOKEN": "a token of this run"}

    def command(self, work):
        return [self.tools.python, HERE / "portable/serve.py", *self.server(work)]


class NodeHttp(Served):
    name = "node-http"

    def server(self, work):
        return [self.tools.node / "node_modules/.bin/jco", "serve", self.tools.folder / "http.wasm", "--port", "{port}"]


class WasmtimeRun(Portable):
    name = "wasmtime-run"

    def command(self, work):
        named = [word for name in self.environment(work) for word in ("--env", name)]
        options = ["-S", "http,cli-exit-with-code", "--dir", f"{work.state}::/state", *named]
        return [self.tools.wasmtime, "run", *options, self.tools.folder / "cli.wasm", "run"]


class WasmtimeServe(Served):
    name = "wasmtime-serve"

    def server(self, work):
        named = [word for name in self.environment(work) for word in ("--env", name)]
        return [self.tools.wasmtime, "serve", "-S", "cli", "--addr", "127.0.0.1:{port}", *named, self.tools.folder / "http.wasm"]


PLATFORMS = [OwnHost, PythonRaw, NodeRaw, PythonCli, PythonStore, PythonLibrary, NodeCli, NodeHttp, WasmtimeRun, WasmtimeServe]


def start(platform, work, stderr=subprocess.PIPE):
    """The platform's process. It has no environment but what it needs."""
    own = {"PATH": os.environ["PATH"], "HOME": str(work.folder), "XDG_STATE_HOME": str(work.state), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        platform.command(work), env=own | platform.environment(work), stdin=platform.stdin(work),
        stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip

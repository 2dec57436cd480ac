"""A PostgreSQL server of one's own in a temporary folder, of Debian's binaries, until the block is left."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


class Postgres:
    """`url(name)` makes a database and says where it is."""

    def __init__(self):
        self.bin = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="writeback-postgres-", dir="/tmp"))
        self.port = free_port()
        # It refuses to run as root.
        self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        if self.user:
            os.chown(self.folder, 65534, 65534)

    def __enter__(self):
        data = self.folder / "data"
        self.run("initdb", "-D", data, "-U", "writeback", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c max_connections=200"
        self.run("pg_ctl", "-D", data, "-o", options, "-l", self.folder / "log", "-w", "start")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def url(self, name):
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "writeback", name)
        return f"postgres://writeback@127.0.0.1:{self.port}/{name}?sslmode=disable"

    def run(self, program, *arguments):
        command = [*self.user, str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(command, cwd="/tmp", capture_output=True, text=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def binaries():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "there is no PostgreSQL: .ci/install.sh installs it"
    return found[-1].parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

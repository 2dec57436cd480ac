"""The image of examples/docker without an engine: the files of its last stage in a folder, and containers that see nothing else.

The base image is stood in for by what the program links and by certificates. It needs root and Linux.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

from cloud import BINARY, ROOT

NOBODY = 65532


class Image:
    """The last stage of the Dockerfile."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        last = (ROOT / "examples/docker/Dockerfile").read_text().rpartition("\nFROM ")[2]
        assert re.search(r"^USER 65532:65532$", last, re.M), last
        self.entrypoint = json.loads(re.search(r"^ENTRYPOINT (.*)$", last, re.M)[1])
        self.variables = dict(word.split("=") for word in re.search(r"^ENV (.*)$", last, re.M)[1].split())
        for path in ("proc", "tmp", "etc/writeback", "var/run/secrets/writeback", "var/lib/writeback"):
            (self.folder / path).mkdir(parents=True)
        os.chown(self.folder / "var/lib/writeback", NOBODY, NOBODY)
        (self.folder / "var/lib/writeback").chmod(0o700)
        self._add(BINARY, self.entrypoint[0])
        for library in re.findall(r"(/\S+) \(0x", subprocess.check_output(["ldd", BINARY], text=True)):
            self._add(library, library)
        self._add("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt")

    def _add(self, source, path):
        to = self.folder / path.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to)

    def run(self, arguments, volumes, variables=()):
        """Runs a container to its end."""
        spaces = ["--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        script = ["bash", ROOT / "tests/recipes/container.sh", self.folder, *volumes, "--"]
        environment = [f"{name}={value}" for name, value in {**self.variables, **dict(variables)}.items()]
        command = ["unshare", *spaces, *script, *environment, *self.entrypoint, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

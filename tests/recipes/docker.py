"""The image of examples/docker as the README runs it: nobody's files but its own, a root that cannot be written, no shell."""

import json
import os
import pathlib
import tempfile

from cloud import Cloud
from container import NOBODY, Image


def main():
    with Cloud() as cloud, tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        image = Image(pathlib.Path(work, "image"))
        folder = cloud.place(pathlib.Path(work, "etc"))
        for secret in folder.glob("*.secret"):
            os.chown(secret, NOBODY, NOBODY)
        state = pathlib.Path(work, "state")
        state.mkdir(mode=0o700)
        os.chown(state, NOBODY, NOBODY)
        volumes = [f"{state}:/var/lib/writeback", f"{folder}:/etc/writeback:ro"]

        def run(job):
            return image.run(["run", "--report", "json", f"/etc/writeback/jobs/{job}.toml"], volumes)

        cloud.trouble()
        first, second = run("sales"), run("sales")
        assert first.returncode == 3, first
        assert second.returncode == 0, second
        assert json.loads(second.stdout)["run"] == json.loads(first.stdout)["run"], "it goes on in the next container"
        assert run("absent").returncode == 1
        assert cloud.files() == ["sales.csv"], cloud.files()
        stateless = image.run(["run", "/etc/writeback/jobs/sales.toml"], [volumes[1], f"{folder}:/var/lib/writeback:ro"])
        assert stateless.returncode == 1 and "Read-only file system" in stateless.stderr, stateless
        help_text = image.run(["--help"], [])
        assert help_text.returncode == 0 and "writeback run" in help_text.stdout, help_text
    print("docker: what the last stage holds ran as user 65532 with a read-only root, and went on in the next container")


main()

"""The lines of examples/cron under a real cron, in namespaces of its own: the user, the environment, the shell, the escaped `%`.

It needs root, Linux and Debian's cron. All holds as it is but for the times, which become `@reboot`: cron's start.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from cloud import BINARY, ROOT, Cloud


def started_with_cron(table):
    """The table with every line's five times replaced."""
    lines = []
    for line in table.splitlines():
        is_job = line[:1] in "0123456789*" and line
        lines.append("@reboot " + line.split(None, 5)[5] if is_job else line)
    return "\n".join(lines) + "\n"


def main():
    table = (ROOT / "examples/cron/writeback").read_text()
    with Cloud() as cloud, tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        folder = cloud.place(pathlib.Path(work, "etc"))
        returns = (folder / "jobs/sales.toml").read_text().replace("sales.csv", "returns.csv")
        (folder / "jobs/returns.toml").write_text(returns)
        out = pathlib.Path(work, "out")
        out.mkdir(mode=0o777)
        (out / "table").write_text(started_with_cron(table))
        script = ROOT / "tests/recipes/cron-boot.sh"
        spaces = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
        subprocess.run(["unshare", *spaces, "bash", script, folder, BINARY, out], check=True, timeout=60)
        receipts = {job: json.loads((out / f"{job}.log").read_text()) for job in ("sales", "returns")}
        assert all(receipt["outcome"] == "created" for receipt in receipts.values()), receipts
        key = "returns-" + subprocess.check_output(["date", "+%F"], text=True).strip()
        assert receipts["returns"]["run"] == key, receipts["returns"]["run"]
        assert sorted(cloud.files()) == ["returns.csv", "sales.csv"], cloud.files()
    print("cron: both lines ran under cron as their user, one as the run of its day")


if os.geteuid() != 0:
    sys.exit("cron: root is needed for a cron of its own")
main()

"""The units of examples/systemd under a systemd of their own: one that runs as the first process of namespaces made for it.

It needs root and Linux. Of the units all holds as it is but for the path of the log, the time before a restart, and the
targets of a machine that boots.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from cloud import BINARY, ROOT, Cloud

DROP_IN = """
[Unit]
DefaultDependencies=no
[Service]
StandardOutput=append:{out}/%i.out
StandardError=append:{out}/%i.err
RestartSec=100ms
"""


# Of ten, for what a service could do if it were somebody else's; `systemd-analyze security` tells each point.
EXPOSURE = 1.5


def verify(work):
    """Holds the units against systemd's own reader, and their hardening against a limit."""
    units = []
    for unit in [*sorted((ROOT / "examples/systemd").glob("writeback@.*")), ROOT / "examples/serve/writeback-serve.service"]:
        copy = work / unit.name
        copy.write_text(unit.read_text().replace("/usr/local/bin/writeback", str(BINARY)))
        units.append(copy)
    assert len(units) == 3, units
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stderr, checked
    for service in (units[0], units[2]):
        security = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", "--no-pager", service]
        subprocess.run(security, check=True, stdout=subprocess.DEVNULL)


def boot(folder, out):
    script = ROOT / "tests/recipes/systemd-boot.sh"
    arguments = [str(script), str(folder), str(ROOT / "examples/systemd"), str(BINARY), str(out)]
    spaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]
    subprocess.run(["unshare", *spaces, "bash", *arguments], check=True, timeout=60, stdout=sys.stderr)


def told(out, job):
    """Result and exit code of a job's service, and the reports that it printed."""
    shown = (out / f"{job}.show").read_text()
    values = dict(line.split("=", 1) for line in shown.splitlines())
    reports = (out / f"{job}.out").read_text().splitlines()
    return values["Result"], values["ExecMainStatus"], [json.loads(report)["outcome"] for report in reports]


def main():
    with Cloud() as cloud, tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        folder = cloud.place(pathlib.Path(work, "etc"))
        out = pathlib.Path(work, "out")
        out.mkdir()
        verify(pathlib.Path(work))
        (out / "test.conf").write_text(DROP_IN.format(out=out))
        cloud.trouble()
        boot(folder, out)
        for job, *expected in [
            ("sales", "success", "0", ["failed", "created"]),
            ("absent", "exit-code", "1", ["failed"]),
            ("wrong", "exit-code", "2", ["failed"]),
            ("foreign", "exit-code", "4", ["failed"]),
        ]:
            seen = list(told(out, job))
            assert seen == expected, f"{job}: {seen}\n{(out / f'{job}.err').read_text()}"
        assert cloud.files() == ["sales.csv"], cloud.files()
    print("systemd: the service ran, came back after exit code 3, and stayed down after 1, 2 and 4")


if os.geteuid() != 0:
    sys.exit("systemd: root is needed for a systemd of its own")
main()

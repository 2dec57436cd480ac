"""Shows that the comparison can fail: a copy of the Python example is broken on purpose, and each break must be noticed."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from cases import CASES
from platforms import OwnHost, PythonRaw

# What is broken: the case that must notice, the file, and the line before and after.
BREAKS = {
    "a byte that changed on its way from Domo": (
        "small",
        "host/ports/http.py",
        "            return self.exchange.read(most)",
        "            part = self.exchange.read(most)\n            return part[:-1] + bytes([part[-1] ^ 1]) if len(part) > 9 else part",
    ),
    "a failure in other words": (
        "no-dataset",
        "run.py",
        '"message": failure.message',
        '"message": failure.message + "."',
    ),
    "a link that goes where it should not": (
        "foreign-host",
        "host/policy.py",
        "if url.origin not in link.account.hosts:",
        "if False:",
    ),
}


def prove(tools, run, compare):
    for name, (case, file, before, after) in BREAKS.items():
        case = next(known for known in CASES if known.name == case)
        with tempfile.TemporaryDirectory() as folder:
            broken = Path(folder, "python")
            shutil.copytree(tools.python_example, broken)
            text = Path(broken, file).read_text()
            assert text.count(before) == 1, f"`{before}` is not in {file} once"
            Path(broken, file).write_text(text.replace(before, after))
            platform = PythonRaw(replace(tools, python_example=broken))
            noticed = compare(platform, case, run(OwnHost(tools), case), run(platform, case))
            yield f"notices {name}", [] if noticed else ["it was not noticed"]

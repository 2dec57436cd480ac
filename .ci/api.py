#!/usr/bin/env python3
"""Has schemathesis try out the API, by its own description: first with a token of a tenant, then with one of the installation.

Each has a server of its own, with a fake sandbox. `SECONDS` bounds each of the two.
"""

import json
import pathlib
import subprocess
import sys

SECONDS = 40
CONFIG = pathlib.Path(".ci/api.toml").absolute()
# schemathesis keeps what it found where it runs.
FOLDER = "target/schemathesis"


def main():
    schemathesis, server = (str(pathlib.Path(path).absolute()) for path in sys.argv[1:3])
    for token in ("admin", "installation"):
        with subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                made = json.loads(process.stdout.readline())
                print(f"as {token}", flush=True)
                run = [schemathesis, "--config-file", str(CONFIG), "run", f"{made['url']}/v1/openapi.json"]
                run += ["--header", f"Authorization: Bearer {made[token]}", "--max-time", str(SECONDS)]
                failed = subprocess.run([*run, *sys.argv[3:]], cwd=FOLDER).returncode
            finally:
                process.stdin.close()
        if failed:
            sys.exit(f"schemathesis found something with the token `{token}`")


if __name__ == "__main__":
    main()

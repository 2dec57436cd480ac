"""Runs one job by a portable `http` build: starts the server of the command, posts the job on standard input, prints what comes back as
`writeback run --report json` would, and stops the server: `serve.py COMMAND...`, in which `{port}` is the port to serve at.
"""

import json
import re
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.error
import urllib.request

READY = re.compile(r"listening|Serving HTTP", re.IGNORECASE)
TOKEN = "a token of this run"


def main():
    port = free_port()
    command = [word.replace("{port}", str(port)) for word in sys.argv[1:]]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in server.stdout:
            sys.stderr.write(line)
            if READY.search(line):
                break
        threading.Thread(target=lambda: sys.stderr.writelines(server.stdout), daemon=True).start()
        return post(port, sys.stdin.buffer.read())
    finally:
        server.terminate()
        server.wait()


def post(port, job):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/run", job, {"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request) as reply:
            print(reply.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        failure = {"message": problem.get("detail")} | {name: problem.get(name) for name in ("code", "hint", "retry_after", "exit")}
        print(json.dumps({"schema": 1, "job": tomllib.loads(job.decode())["name"], "outcome": "failed", "failure": failure}))
        return problem["exit"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())

"""Runs a writeback job with the connector, on Python: prints the receipt, or the failure, as one line of JSON."""

import argparse
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import tomllib
from pathlib import Path

from host import files
from host.account import Account
from host.config import ConfigError, load
from host.connections import Connections
from host.connector import Connector, Failure, Run

CONFIGURATION = {"job-invalid", "account-undeclared", "denied"}
# The exit code that says: start the job again later.
AGAIN = 3


def main():
    arguments = parsed()
    try:
        job = tomllib.loads(arguments.job.read_text())
        receipt = writeback(Connector(arguments.component), load(arguments.config), job, arguments.state)
    except (ConfigError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Failure as failure:
        print(json.dumps(report(job, failure), ensure_ascii=False))
        return exit_code(failure)
    print(receipt)
    return 0


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--component", type=Path, default="connector.wasm", help="the file of `writeback component --output`")
    parser.add_argument("--config", type=Path, default="writeback.toml", help="the accounts")
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "writeback-python"
    parser.add_argument("--state", type=Path, default=state, help="a folder for exports on their way and checkpoints")
    parser.add_argument("job", type=Path, help="the job, as TOML")
    return parser.parse_args()


def writeback(connector, config, job, state):
    """Runs a job, or goes on with it where an earlier attempt was interrupted."""
    connections = Connections(config.allow_addresses, config.ca_file)
    accounts = {}
    for name, kinds in connector.accounts_of(job):
        # The others stay out of the run's reach.
        if name in config.accounts and config.accounts[name].kind in kinds:
            accounts[name] = Account(name, config.accounts[name], connections)
    cancel = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: cancel.set())
    folder, turns = state / "runs" / digest(job), state / "turns"
    for path in (state, folder, turns):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = files.lock(folder.with_suffix(".lock"))
    if not held:
        raise ConfigError("this job is running already")
    with held:
        return kept_while_unfinished(folder, lambda: connector.run(Run(accounts, connections, folder, turns, cancel), job))


def kept_while_unfinished(folder, run):
    """What an attempt leaves behind is of use to the next one alone, so it goes when there is nothing to go on with."""
    try:
        receipt = run()
    except Failure as failure:
        if exit_code(failure) != AGAIN:
            shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
    return receipt


def digest(job):
    return hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()


def report(job, failure):
    """The line in the place of a receipt, as `writeback run --report json` has it."""
    told = {
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "retry_after": failure.retry_after,
        "exit": exit_code(failure),
    }
    return {"schema": 1, "job": job.get("name"), "outcome": "failed", "failure": told}


def exit_code(failure):
    if failure.code in CONFIGURATION:
        return 2
    if failure.code.startswith("sign-in"):
        return 4
    return 1 if failure.retry_after is None and failure.code != "cancelled" else AGAIN


if __name__ == "__main__":
    sys.exit(main())

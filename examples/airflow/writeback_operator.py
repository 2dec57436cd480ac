"""An Airflow operator that runs a writeback job with the command and retries what is worth retrying."""

import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

RETRY = 3


class WritebackOperator(BaseOperator):
    """Writes a Domo DataSet to SharePoint. The receipt is the task's result (XCom).

    Exit code 3 is worth another try and goes by the task's `retries`; any other failure ends the task at once. A run's key
    made of DAG, run, task and map index makes all tries one run: a later one goes on where the one before stopped, and one
    that comes after success gets the same receipt without sending anything.

    :param job: path of the job's file on the worker
    :param config: path of `writeback.toml`; the command's own default where it is left out
    :param env: variables of the command, such as secrets; it gets no others but `PATH` and `HOME`
    :param command: the program
    """

    template_fields = ("job", "config", "env")

    def __init__(self, *, job, config=None, env=None, command="writeback", **arguments):
        super().__init__(**arguments)
        self.job, self.config, self.env, self.command = job, config, env, command
        self._process = None

    def execute(self, context):
        with tempfile.TemporaryFile("w+") as stdout:
            self._process = subprocess.Popen(
                self._arguments(context), stdout=stdout, stderr=subprocess.PIPE, text=True, env=self._environment()
            )
            # Progress and errors are for the task's log; they carry no secret.
            for line in self._process.stderr:
                self.log.info(line.rstrip("\n"))
            code = self._process.wait()
            stdout.seek(0)
            report = stdout.read()
        if code == 0:
            return json.loads(report)
        raise (AirflowException if code == RETRY else AirflowFailException)(told(report, code))

    def on_kill(self):
        """Stops the run at its next safe point; the next try goes on there."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def _arguments(self, context):
        config = ["--config", self.config] if self.config else []
        return [self.command, *config, "run", "--report", "json", "--run-key", run_key(context), self.job]

    def _environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, **(self.env or {})}


def run_key(context):
    """The same for all tries of a task, and for no other: letters, digits and `.`, `_`, `-`, at most 64."""
    instance = context["ti"]
    whole = f"{instance.dag_id}/{instance.task_id}/{instance.run_id}/{instance.map_index}"
    word = re.sub(r"[^A-Za-z0-9._-]", "-", instance.task_id)[:47].lstrip("._-") or "task"
    return f"{word}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def told(report, code):
    """What the command says in its report."""
    try:
        failure = json.loads(report)["failure"]
    except (ValueError, KeyError):
        return f"writeback ended with exit code {code}; its log has the reason"
    hint = f"\nhint: {failure['hint']}" if failure.get("hint") else ""
    return f"{failure['code']}: {failure['message']}{hint}"

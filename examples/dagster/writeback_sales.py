"""A Dagster asset: a Domo DataSet as a file in SharePoint, written by the command, and tried again where that may help."""

import hashlib
import json
import os
import re
import subprocess
import tempfile

from dagster import (
    AssetExecutionContext,
    Config,
    DefaultScheduleStatus,
    Definitions,
    Failure,
    MaterializeResult,
    MetadataValue,
    RetryRequested,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

RETRY = 3


class Writeback(Config):
    """Where the command finds things, and how often it is tried again."""

    job: str = "/etc/writeback/jobs/sales.toml"
    config: str = "/etc/writeback/writeback.toml"
    command: str = "writeback"
    retries: int = 4
    seconds_to_wait: float = 300


@asset
def sales_in_sharepoint(context: AssetExecutionContext, config: Writeback) -> MaterializeResult:
    """The file, with its place and size as metadata. Exit code 3 asks for a retry, any other failure for none.

    All tries of a step are one run of the command: a later one goes on where the one before stopped.
    """
    key = run_key(context)
    arguments = [config.command, "--config", config.config, "run", "--report", "json", "--run-key", key, config.job]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with tempfile.TemporaryFile("w+") as stdout:
        process = subprocess.Popen(arguments, stdout=stdout, stderr=subprocess.PIPE, text=True, env=kept)
        try:
            # Progress and errors are for the log; they carry no secret.
            for line in process.stderr:
                context.log.info(line.rstrip("\n"))
            code = process.wait()
        finally:
            # A step that is terminated stops the run at its next safe point.
            if process.poll() is None:
                process.terminate()
                process.wait()
        stdout.seek(0)
        report = stdout.read()
    if code == 0:
        return MaterializeResult(metadata=metadata(json.loads(report)))
    failure = Failure(told(report, code), allow_retries=False)
    if code == RETRY:
        raise RetryRequested(max_retries=config.retries, seconds_to_wait=config.seconds_to_wait) from failure
    raise failure


def run_key(context):
    """The same for all tries of a step, and for no other: letters, digits and `.`, `_`, `-`, at most 64."""
    # A run that is re-executed from its failure goes on with the root run's.
    root = context.run.root_run_id or context.run_id
    word = re.sub(r"[^A-Za-z0-9._-]", "-", context.op_execution_context.op.name)[:47].lstrip("._-") or "step"
    return f"{word}-{hashlib.sha256(root.encode()).hexdigest()[:16]}"


def metadata(receipt):
    """What of the receipt is worth seeing beside the asset."""
    file = receipt.get("file") or {}
    link = {"file": MetadataValue.url(file["url"])} if "url" in file else {}
    return {"outcome": receipt["outcome"], "bytes": file.get("bytes", 0), "receipt": MetadataValue.json(receipt), **link}


def told(report, code):
    """What the command says in its report."""
    try:
        failure = json.loads(report)["failure"]
    except (ValueError, KeyError):
        return f"writeback ended with exit code {code}; its log has the reason"
    hint = f"\nhint: {failure['hint']}" if failure.get("hint") else ""
    return f"{failure['code']}: {failure['message']}{hint}"


every_morning = ScheduleDefinition(
    job=define_asset_job("writeback_sales", selection=[sales_in_sharepoint]),
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.STOPPED,
)

definitions = Definitions(assets=[sales_in_sharepoint], schedules=[every_morning])

"""The asset of examples/dagster, run by Dagster itself against the simulated cloud: a try that is worth another, then success;
and failures without a retry. Of the definitions all holds but for paths and the pause before a retry.

It needs the package `dagster`.
"""

import os
import pathlib
import sys
import tempfile

from dagster import DagsterInstance, RunConfig

from cloud import BINARY, ROOT, Cloud

sys.path.insert(0, str(ROOT / "examples/dagster"))
from writeback_sales import Writeback, definitions  # noqa: E402


def execute(instance, folder, job):
    """How the job ended: success, tries, and the asset's metadata."""
    paths = {"job": str(folder / f"jobs/{job}.toml"), "config": str(folder / "writeback.toml"), "command": str(BINARY)}
    config = RunConfig(
        ops={"sales_in_sharepoint": Writeback(**paths, retries=2, seconds_to_wait=0)},
        loggers={"console": {"config": {"log_level": "CRITICAL"}}},
    )
    result = definitions.resolve_job_def("writeback_sales").execute_in_process(
        run_config=config, instance=instance, raise_on_error=False
    )
    events = [event.event_type_value for event in result.all_events]
    materialized = result.get_asset_materialization_events()
    metadata = materialized[0].materialization.metadata if materialized else {}
    return result.success, 1 + events.count("STEP_RESTARTED"), metadata


def main():
    with Cloud() as cloud, tempfile.TemporaryDirectory() as work, DagsterInstance.ephemeral() as instance:
        os.environ["HOME"] = work
        folder = cloud.place(pathlib.Path(work, "etc"))
        cloud.trouble()
        success, tries, metadata = execute(instance, folder, "sales")
        assert (success, tries) == (True, 2), (success, tries)
        assert metadata["outcome"].value == "created" and metadata["bytes"].value > 0, metadata
        for job in ("absent", "wrong", "foreign"):
            success, tries, metadata = execute(instance, folder, job)
            assert (success, tries, metadata) == (False, 1, {}), (job, success, tries)
        assert cloud.files() == ["sales.csv"], cloud.files()
    print("dagster: the step was tried again after exit code 3 and materialized the file; 1, 2 and 4 failed it at once")


main()

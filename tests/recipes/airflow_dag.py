"""The DAG of examples/airflow, run by Airflow itself (`dag.test()`) against the simulated cloud: a try that is worth another,
then success; and failures that end the task at once. Of the DAG all holds but for paths and the pause before a retry.

It needs the package `apache-airflow-core`; its database and logs are in a folder of their own.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import types

from cloud import BINARY, ROOT, TARGET, Cloud

HOME = TARGET / "recipes/airflow-home"
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "examples/airflow"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
    PYTHONPATH=str(ROOT / "examples/airflow"),
)
sys.path.insert(0, str(ROOT / "examples/airflow"))


def test_run(folder, home, job):
    """State and tries of the DAG's task, and its result."""
    from writeback_sales import dag

    task = dag.get_task("sales")
    task.job = str(folder / f"jobs/{job}.toml")
    task.config = str(folder / "writeback.toml")
    task.command = str(BINARY)
    task.env = {"HOME": str(home)}
    task.retry_delay = datetime.timedelta(0)
    task.retry_exponential_backoff = False
    run = dag.test(run_after=datetime.datetime.now(datetime.timezone.utc))
    instance = run.get_task_instance("sales")
    return str(instance.state), instance.try_number, instance.xcom_pull(task_ids="sales"), run.run_id


def killed(cloud, folder, home):
    """What a task ends with that is killed while its export hangs."""
    from airflow.sdk.exceptions import AirflowFailException
    from writeback_operator import WritebackOperator

    cloud.hang()
    job, config = (str(folder / path) for path in ("jobs/sales.toml", "writeback.toml"))
    task = WritebackOperator(task_id="killed", job=job, config=config, command=str(BINARY), env={"HOME": str(home)})
    instance = types.SimpleNamespace(dag_id="d", task_id="killed", run_id="r", map_index=-1)
    ended = []

    def execute():
        try:
            task.execute({"ti": instance})
        except Exception as error:
            ended.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    cloud.until_hanging()
    task.on_kill()
    thread.join()
    assert not isinstance(ended[0], AirflowFailException), ended
    return str(ended[0])


def main():
    airflow = pathlib.Path(sys.executable).with_name("airflow")
    subprocess.run([airflow, "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
    with Cloud() as cloud, tempfile.TemporaryDirectory() as work:
        folder = cloud.place(pathlib.Path(work, "etc"))
        cloud.trouble()
        state, tries, receipt, _ = test_run(folder, work, "sales")
        assert (state, tries, receipt["outcome"]) == ("success", 2, "created"), (state, tries, receipt)
        for job in ("absent", "wrong", "foreign"):
            state, tries, receipt, _ = test_run(folder, work, job)
            assert (state, tries, receipt) == ("failed", 1, None), (job, state, tries, receipt)
        assert cloud.files() == ["sales.csv"], cloud.files()
        assert killed(cloud, folder, work).startswith("cancelled: ")
    print("airflow: the task was tried again after exit code 3 and returned the receipt; 1, 2 and 4 failed it at once")


main()

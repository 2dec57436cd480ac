"""A DAG: every morning at six a DataSet goes to SharePoint, with four more tries where that may help."""

import datetime

from airflow.sdk import DAG
from writeback_operator import WritebackOperator

with DAG(
    dag_id="writeback_sales",
    schedule="0 6 * * *",
    start_date=datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,
) as dag:
    WritebackOperator(
        task_id="sales",
        job="/etc/writeback/jobs/sales.toml",
        config="/etc/writeback/writeback.toml",
        retries=4,
        retry_delay=datetime.timedelta(minutes=5),
        retry_exponential_backoff=True,
        execution_timeout=datetime.timedelta(hours=4),
    )

"""A simulated cloud in a process of its own, with one DataSet of at least a size, and the job that moves it."""

import json
import subprocess


def simulate(binary, rows):
    cloud = subprocess.Popen([binary, "simulate", "--rows", str(rows), "--datasets", "1"], stdout=subprocess.PIPE, text=True)
    return cloud, json.loads(cloud.stdout.readline())


def rows_for(binary, size):
    """How many rows make an export of at least `size` bytes, judged from a smaller one."""
    cloud, described = simulate(binary, 10_000)
    cloud.terminate()
    cloud.wait()
    return size * 10_000 // described["datasets"][0]["bytes"] + 10_000


def job_of(described, name):
    dataset, site = described["datasets"][0], described["sites"][0]
    return (
        f'[domo]\naccount = "domo"\ndataset = "{dataset["id"]}"\n'
        f'[sharepoint]\naccount = "sharepoint"\nsite = "{site["url"]}"\nfilename = {{ custom = "{name}" }}\n'
    )

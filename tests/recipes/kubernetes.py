"""The manifests of examples/kubernetes: each held against the published schemas, and the pod's container run as the kubelet
would: mounts with the owners and modes that it gives them, variables, user, and what becomes of each exit code.

It needs root, Linux, and the packages `kubernetes-validate` and `PyYAML`.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

from cloud import ROOT, Cloud
from container import NOBODY, Image

FOLDER = ROOT / "examples/kubernetes"
# The first with all that is used, and a late one.
VERSIONS = ("1.31", "1.37")


def validate():
    tool = pathlib.Path(sys.executable).with_name("kubernetes-validate")
    for version in VERSIONS:
        subprocess.run([tool, "--kubernetes-version", version, "--strict", "--quiet", *FOLDER.glob("*.yaml"), ROOT / "examples/serve/kubernetes.yaml"], check=True)


def projected(folder, files, mode, group):
    """A volume of a secret or a config map, laid as the kubelet's atomic writer does."""
    data = folder / "..2026_11_25_06_00_00.1"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, text in files.items():
        file = data / name
        file.write_text(text)
        os.chown(file, 0, group)
        file.chmod(mode)
        (folder / name).symlink_to(f"..data/{name}")
    for path, access in ((folder, 0o3777), (data, 0o2755)):
        os.chown(path, 0, group)
        path.chmod(access)


def claimed(folder, group):
    """A volume of a claim, whose root belongs to the pod's group."""
    folder.mkdir()
    os.chown(folder, 0, group)
    folder.chmod(0o2775)


class Pods:
    """Pods of one job."""

    def __init__(self, work, cloud, job, pod):
        self.job, self.pod = job, pod
        self.image = Image(work / "image")
        security = pod["securityContext"]
        assert (security["runAsUser"], security["runAsGroup"]) == (NOBODY, NOBODY), security
        group = security["fsGroup"]
        ready = cloud.place(work / "ready")
        published = yaml.safe_load_all((FOLDER / "configuration.yaml").read_text())
        config_map = next(document["data"] for document in published if document["kind"] == "ConfigMap")
        # As published, but for the addresses of the simulated cloud and its DataSet.
        config = (ready / "writeback.toml").read_text()
        for name in ("domo", "sharepoint"):
            config = config.replace(f'"{name}.secret"', f'"/var/run/secrets/writeback/{name}"')
        config += config_map["writeback.toml"][config_map["writeback.toml"].index("[state]") :]
        jobs = {file.name: file.read_text() for file in (ready / "jobs").iterdir()}
        projected(work / "configuration", {**config_map, **jobs, "writeback.toml": config}, 0o644, group)
        secrets = {name: (ready / f"{name}.secret").read_text() for name in ("domo", "sharepoint")}
        mode = next(volume["secret"]["defaultMode"] for volume in pod["volumes"] if volume["name"] == "secrets")
        projected(work / "secrets", secrets, mode, group)
        claimed(work / "state", group)
        mounts = pod["containers"][0]["volumeMounts"]
        self.volumes = [
            f"{work / mount['name']}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "") for mount in mounts
        ]

    def run(self, of=None):
        """Runs the container; with another job's file where one is named."""
        container = self.pod["containers"][0]
        arguments = [argument.replace("sales.toml", f"{of}.toml") if of else argument for argument in container["args"]]
        variables = {}
        for variable in container["env"]:
            field = variable["valueFrom"]["fieldRef"]["fieldPath"]
            assert field == "metadata.labels['batch.kubernetes.io/job-name']", field
            variables[variable["name"]] = self.job if of is None else f"{self.job}-{of}"
        return self.image.run(arguments, self.volumes, variables)


def action(spec, code):
    """What the job's controller does about a pod that ended so."""
    for rule in spec["podFailurePolicy"]["rules"]:
        codes = rule.get("onExitCodes", {})
        if codes.get("operator") == "In" and code in codes["values"]:
            return rule["action"]
    return "Count"


def play(kind, name, spec):
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and spec["backoffLimit"] > 0, "what a policy for failures needs"
    with Cloud() as cloud, tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        pods = Pods(pathlib.Path(work), cloud, name, pod)
        cloud.trouble()
        first, second = pods.run(), pods.run()
        assert (first.returncode, action(spec, first.returncode)) == (3, "Count"), first
        receipt = json.loads(second.stdout)
        assert (second.returncode, receipt["outcome"], receipt["run"]) == (0, "created", name), second
        before = cloud.requests()
        third = pods.run()
        assert json.loads(third.stdout) == receipt and cloud.requests() == before, "a pod too many sends nothing"
        for job, code in (("absent", 1), ("wrong", 2), ("foreign", 4)):
            ended = pods.run(job)
            assert (ended.returncode, action(spec, code)) == (code, "FailJob"), ended
        assert cloud.files() == ["sales.csv"], cloud.files()
    print(f"kubernetes: the {kind}'s container ended with 3, then went on in a second pod; 1, 2 and 4 fail the job")


validate()
cron_job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text())
play("CronJob", f"{cron_job['metadata']['name']}-29400840", cron_job["spec"]["jobTemplate"]["spec"])
job = yaml.safe_load((FOLDER / "job.yaml").read_text())
play("Job", job["metadata"]["name"], job["spec"])

"""The workflow of examples/github-actions: held against the published schema, and its last step run by the shell that a runner
takes, with the expressions replaced by what they would be.

It needs the packages `check-jsonschema` and `PyYAML`. What fetches, caches and builds is not run.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

from cloud import BINARY, ROOT, Cloud

FILE = ROOT / "examples/github-actions/writeback.yml"


def step():
    steps = yaml.safe_load(FILE.read_text())["jobs"]["writeback"]["steps"]
    return next(step for step in steps if step.get("name") == "Write")


def run(folder, work, job, values):
    """The step's exit code, and what it added to the summary."""
    values = {**values, "inputs.job || 'sales'": job, "runner.temp": work, "github.run_id": 7, "github.run_attempt": job}
    variables = {}
    for name, text in step()["env"].items():
        for expression, value in values.items():
            text = str(text).replace("${{ " + expression + " }}", str(value))
        assert "${{" not in text, text
        variables[name] = text
    summary = pathlib.Path(work, f"{job}.md")
    path = f"{work}/bin:/usr/bin:/bin"
    variables.update(PATH=path, HOME=str(work), GITHUB_STEP_SUMMARY=str(summary), PAUSE="0")
    script = pathlib.Path(work, "step.sh")
    script.write_text(step()["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
    ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    report = summary.read_text().removeprefix("```json\n").removesuffix("```\n")
    return ended.returncode, json.loads(report)["outcome"], ended.stdout.count("::warning::")


def main():
    tool = pathlib.Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([tool, "--quiet", "--builtin-schema", "vendor.github-workflows", FILE], check=True)
    with Cloud() as cloud, tempfile.TemporaryDirectory() as work:
        folder = cloud.place(pathlib.Path(work, "repository"))
        pathlib.Path(work, "bin").mkdir()
        pathlib.Path(work, "bin/writeback").symlink_to(BINARY)
        config = folder / "writeback.toml"
        text, secrets = config.read_text(), {}
        for name in ("domo", "sharepoint"):
            variable = f"{name.upper()}_CLIENT_SECRET"
            text = text.replace(f'{{ file = "{name}.secret" }}', f'{{ env = "{variable}" }}')
            secrets[f"secrets.{variable}"] = (folder / f"{name}.secret").read_text()
        config.write_text(text)
        cloud.trouble()
        for job, *expected in (("sales", 0, "created", 1), ("absent", 1, "failed", 0), ("wrong", 2, "failed", 0), ("foreign", 4, "failed", 0)):
            seen = list(run(folder, work, job, secrets))
            assert seen == expected, (job, seen)
        assert cloud.files() == ["sales.csv"], cloud.files()
    print("workflow: it fits the schema, and its step tried again after exit code 3 alone")


main()

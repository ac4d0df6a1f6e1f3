"""`make package`: templates of all stacks, and the zip, without credentials and without AWS.

`chalice package` writes the template of what runs, from the routes themselves, and lays ours over it. Its zip is not
used: it takes whatever files the registry offers today, compiles nothing, and is another one each time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.app import config, merge
from infra.network import network
from infra.packaging import archive
from infra.packaging.lock import ROOT
from infra.stateful.stack import deployed
from infra.template import TABLES

ZIP, APP, STATEFUL, NETWORK = "deployment.zip", "app.json", "stateful.json", "network.json"
# What the app asks for as it is loaded; on AWS, the template says what is true.
_ENVIRONMENT = {
    "STAGE": "package",
    "TABLE_PREFIX": "fluxvault-package-",
    "BLOB_BUCKET": "fluxvault-package",
    "KMS_KEY_ID": "alias/fluxvault-package",
    "PUBLIC_URL": "https://fluxvault.invalid",
    "JOBS_QUEUE_URL": "https://fluxvault.invalid/jobs",
    "AWS_DEFAULT_REGION": "us-east-1",
    # Nobody's account is looked at.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Package:
    """What was made: a directory of templates with a zip, and the zip's SHA-256."""

    stage: config.Stage
    directory: Path
    digest: str


def place() -> Path:
    """Where packages are made: `BUILD_DIR`, or `build` in the project."""
    return Path(os.environ.get("BUILD_DIR") or ROOT / "build")


def make(stage_name: str) -> Package:
    """Make the package of a stage in `place()`, under the stage's name.

    Raises:
        StageError: There is no such stage.
        NoInterpreterError: There is no Python to compile with.
    """
    stage = config.stage(stage_name)
    directory = place() / stage.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        digest = archive.build(directory / ZIP, Path(work))
    write(directory / APP, app_template(stage, digest))
    write(directory / STATEFUL, deployed(TABLES))
    write(directory / NETWORK, network())
    return Package(stage, directory, digest)


def app_template(stage: config.Stage, digest: str = "") -> dict[str, Any]:
    """The template of what runs, with its code in `deployment.zip` beside it."""
    with tempfile.TemporaryDirectory() as work:
        project, out = Path(work, "project"), Path(work, "out")
        project.mkdir()
        archive.copy_source(ROOT, project)
        shutil.copytree(config.CHALICE, project / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
        merged = Path(work, "merge.json")
        write(merged, merge.merge(stage))
        chalice = str(Path(sys.executable).with_name("chalice"))
        command = [chalice, "package", "--stage", stage.name, "--merge-template", str(merged), str(out)]
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        ran = subprocess.run(
            command, cwd=project, env={**own, **_ENVIRONMENT}, check=False, capture_output=True, text=True
        )
        if ran.returncode != 0:
            raise RuntimeError(f"chalice package failed: {ran.stdout}{ran.stderr}")
        template = json.loads((out / "sam.json").read_text())
    made = merge.finished(template, stage)
    made["Parameters"]["PackageDigest"]["Default"] = digest
    return made


def write(path: Path, template: dict[str, Any]) -> None:
    """As JSON, the same for the same template; short, since CloudFormation takes 51,200 bytes without a bucket."""
    path.write_text(json.dumps(template, separators=(",", ":"), sort_keys=True) + "\n")

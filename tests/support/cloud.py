"""An AWS with CloudFormation, for deploying to: MiniStack whole, and the `aws` command that people use.

What neither the project nor its tools depend on is fetched for the run: `aws` where there is none on the path, and the
translator of `AWS::Serverless`, which wants another pydantic than ours and works with it all the same.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.emulator import CREDENTIALS, environment

TRANSLATOR = "aws-sam-translator==1.115.0"
# `aws` looks every 30 s whether a stack is ready; here it is so at once.
IMPATIENT = "import time\nsleep = time.sleep\ntime.sleep = lambda seconds: sleep(min(seconds, 0.1))\n"
REGION = "us-east-1"
ACCOUNT = "000000000000"


def _fetch(into: Path, *what: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--target", str(into)]
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, *what], check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def aws_command(room: Path) -> Path:
    """The directory of an `aws`."""
    found = shutil.which("aws")
    if found:
        return Path(found).parent
    _fetch(room / "cli", "awscli")
    (room / "bin").mkdir()
    program = room / "bin" / "aws"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(room / 'cli')!r})\n")
    with program.open("a") as file:
        file.write("from awscli.clidriver import main\nsys.exit(main())\n")
    program.chmod(0o755)
    return program.parent


@contextmanager
def cloud(room: Path) -> Iterator[dict[str, str]]:
    """A running AWS; gives the environment variables by which a program finds it, and `aws` on its path."""
    _fetch(room / "translator", "--no-deps", TRANSLATOR)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    own = {name: value for name, value in environment(port, None).items() if name != "SERVICES"}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("ministack"))],
        cwd=room,
        env={**os.environ, **own, "PYTHONPATH": str(room / "translator")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        (room / "impatient").mkdir()
        (room / "impatient/sitecustomize.py").write_text(IMPATIENT)
        path = f"{aws_command(room)}{os.pathsep}{os.environ['PATH']}"
        yield {
            **os.environ,
            **CREDENTIALS,
            "PATH": path,
            "PYTHONPATH": str(room / "impatient"),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("MiniStack did not start")

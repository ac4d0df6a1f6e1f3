"""A running local stack, seen by its client, by its operator, and by whoever looks at its processes."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import httpx

from tests.acceptance.client import Target
from tests.acceptance.operating import Operator
from tests.acceptance.running import Running, environment, values

Start = Callable[..., Running]


def target(running: Running) -> Target:
    """A running stack with its demo account, as a client sees it."""
    demo = running.demo
    return Target(demo["ZELID"], demo["API_KEY_SECRET"], demo["BASE_URL"])


def drive(running: Running) -> httpx.Client:
    """A client of the demo account."""
    return target(running).client(target(running))


def admin(local: Path) -> Operator:
    """The operator's commands on the stack in `local`."""
    return Operator(environment(local))


def assert_books_balance(local: Path) -> None:
    """`fsck` finds nothing, not even among what was just written."""
    done = admin(local).run("fsck", "--grace", "0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def commands_naming(text: str) -> list[str]:
    """Command lines of all processes that have `text` in them."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if text in line]


def aws_client(local: Path, service: str) -> Any:
    """A client of the AWS under the stack in `local`, past the product."""
    said = values(local / "stack.env")
    return botocore.session.Session().create_client(
        service,
        region_name=said["AWS_REGION"],
        endpoint_url=said["AWS_ENDPOINT_URL"],
        aws_access_key_id=said.get("AWS_ACCESS_KEY_ID", "testing"),
        aws_secret_access_key=said.get("AWS_SECRET_ACCESS_KEY", "testing"),
    )

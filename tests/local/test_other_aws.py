"""`make run` on an AWS that somebody else runs."""

from pathlib import Path

import pytest

from infra.local.process import LocalAws
from tests.acceptance.client import listed, on, stored
from tests.acceptance.operating import Operator
from tests.acceptance.running import descendants, environment
from tests.local.stack import Start, admin, aws_client, commands_naming, drive

MADE_UP = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def test_aws_endpoint_url_is_used_and_no_aws_is_started(start: Start, local: Path) -> None:
    with LocalAws() as theirs:
        running = start(local, more={"AWS_ENDPOINT_URL": theirs.endpoint_url, **MADE_UP}).ready()
        assert len(descendants(running.process.pid)) == 1
        assert not commands_naming(f"--state {local}")
        assert not (local / "aws").exists()
        assert "testing" not in (local / "stack.env").read_text()

        with drive(running) as client:
            (cid,) = stored(client, ("elsewhere.txt", b"stored elsewhere"))
            s3 = aws_client(local, "s3")
            (entry,) = s3.list_objects_v2(Bucket="fluxvault-local-blobs")["Contents"]
            assert entry["Size"] > len(b"stored elsewhere")
            assert on(client, "cat", cid).content == b"stored elsewhere"
        assert Operator(environment(local, **MADE_UP))("fsck") == []
        key = running.demo["API_KEY_SECRET"]
        running.interrupt()

        again = start(local, more={"AWS_ENDPOINT_URL": theirs.endpoint_url, **MADE_UP}).ready()
        assert again.demo["API_KEY_SECRET"] == key
        with drive(again) as client:
            assert [file["name"] for file in listed(client)] == ["elsewhere.txt"]
        again.interrupt()


@pytest.mark.parametrize("credentials", [MADE_UP, {}], ids=["out of reach", "no credentials"])
def test_an_aws_that_cannot_be_used_is_one_line(start: Start, local: Path, credentials: dict[str, str]) -> None:
    hidden = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    hidden["AWS_EC2_METADATA_DISABLED"] = "true"
    running = start(local, more={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", **hidden, **credentials})

    assert running.process.wait(30) == 2

    (line,) = [line for line in running.printed.splitlines() if not line.startswith("make: ")]
    assert line.startswith("AWS cannot be used: ")


def test_commands_without_a_stack_say_what_to_do(start: Start, local: Path) -> None:
    commands = ["account show demo", "account suspend demo", "fsck"]
    answers = [admin(local).run("account", "show", "demo")]
    start(local).ready().interrupt()
    answers += [admin(local).run(*command.split()) for command in commands]

    for answer in answers:
        assert (answer.returncode, answer.stdout) == (1, ""), answer.stderr
        assert answer.stderr.endswith("start the local stack with: make run\n"), answer.stderr
        assert len(answer.stderr.splitlines()) == 2, answer.stderr

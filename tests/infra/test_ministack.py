"""The local AWS as a process: what it keeps when it is stopped, killed or orphaned, and where it listens."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.process import LocalAws, LocalAwsError
from infra.local.snapshots import Snapshots

PROJECT = Path(__file__).resolve().parents[2]
CONTEXT = {"purpose": "test"}


def client(aws: LocalAws, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=aws.endpoint_url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
    )


def control(aws: LocalAws, method: str, path: str, headers: dict[str, str] | None = None) -> int:
    connection = HTTPConnection(urlsplit(aws.endpoint_url).netloc, timeout=10)
    connection.request(method, path, headers=headers or {})
    status = connection.getresponse().status
    connection.close()
    return status


@contextlib.contextmanager
def ended(aws: LocalAws) -> Iterator[LocalAws]:
    """A process that the test may kill, and that does not outlive it."""
    try:
        yield aws.start()
    finally:
        aws.kill()


def make_table(aws: LocalAws) -> Any:
    tables = client(aws, "dynamodb")
    tables.create_table(
        TableName="things",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return tables


def put(tables: Any, name: str, value: bytes = b"\x00\xff") -> None:
    tables.put_item(TableName="things", Item={"id": {"S": name}, "value": {"B": value}})


def value_of(tables: Any, name: str) -> bytes | None:
    item = tables.get_item(TableName="things", Key={"id": {"S": name}}, ConsistentRead=True).get("Item")
    return item["value"]["B"] if item else None


def test_an_orderly_stop_keeps_tables_objects_and_keys(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as aws:
        tables, objects, keys = make_table(aws), client(aws, "s3"), client(aws, "kms")
        put(tables, "a")
        objects.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        objects.create_bucket(Bucket="empty", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        objects.put_object(Bucket="bucket", Key="blob/0", Body=b"ciphertext", Metadata={"a": "b"})
        key = keys.create_key()["KeyMetadata"]["KeyId"]
        keys.create_alias(AliasName="alias/main", TargetKeyId=key)
        sealed = keys.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]
        put(tables, "b", b"just before the end")

    with LocalAws(tmp_path) as aws:
        tables, objects, keys = client(aws, "dynamodb"), client(aws, "s3"), client(aws, "kms")
        got = objects.get_object(Bucket="bucket", Key="blob/0")
        put(tables, "c")

        assert (value_of(tables, "a"), value_of(tables, "b")) == (b"\x00\xff", b"just before the end")
        assert (got["Body"].read(), got["Metadata"]) == (b"ciphertext", {"a": "b"})
        assert [bucket["Name"] for bucket in objects.list_buckets()["Buckets"]] == ["bucket", "empty"]
        assert keys.describe_key(KeyId="alias/main")["KeyMetadata"]["KeyId"] == key
        assert keys.decrypt(CiphertextBlob=sealed, EncryptionContext=CONTEXT)["Plaintext"] == b"secret"


def test_a_kill_costs_at_most_the_last_moments_and_never_half_a_transaction(tmp_path: Path) -> None:
    acknowledged = [0]

    def write(tables: Any) -> None:
        with contextlib.suppress(Exception):  # The process is killed under it.
            for number in range(1, 100_000):
                items = [
                    {"Put": {"TableName": "things", "Item": {"id": {"S": name}, "value": {"B": str(number).encode()}}}}
                    for name in ("left", "right")
                ]
                tables.transact_write_items(TransactItems=items)
                acknowledged[0] = number
                time.sleep(0.005)

    with ended(LocalAws(tmp_path)) as aws:
        writer = threading.Thread(target=write, args=(make_table(aws),))
        writer.start()
        time.sleep(0.5)
        early = acknowledged[0]
        time.sleep(2.6)
        aws.kill()
        writer.join()

    with ended(LocalAws(tmp_path)) as aws:
        tables = client(aws, "dynamodb")
        left, right = value_of(tables, "left"), value_of(tables, "right")

    assert left is not None
    assert left == right
    assert 0 < early <= int(left) <= acknowledged[0] + 1


def test_a_key_outlives_a_kill_right_after_it_was_made(tmp_path: Path) -> None:
    with ended(LocalAws(tmp_path)) as aws:
        key = client(aws, "kms").create_key()["KeyMetadata"]["KeyId"]
        aws.kill()

    with ended(LocalAws(tmp_path)) as aws:
        keys = client(aws, "kms")
        sealed = keys.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)
        keys.disable_key(KeyId=key)
        aws.kill()

    with ended(LocalAws(tmp_path)) as aws:
        keys = client(aws, "kms")
        assert keys.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
        keys.enable_key(KeyId=key)
        opened = keys.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == sealed["Plaintext"]


def test_a_save_can_be_asked_for(tmp_path: Path) -> None:
    with ended(LocalAws(tmp_path)) as aws:
        put(make_table(aws), "a")
        statuses = [
            control(aws, *asked)
            for asked in [
                ("GET", "/_fluxvault/health"),
                ("POST", "/_fluxvault/save"),
                ("GET", "/_fluxvault/save"),
                ("GET", "/_fluxvault/"),
            ]
        ]
        aws.kill()

    assert statuses == [200, 204, 404, 404]
    with ended(LocalAws(tmp_path)) as aws:
        assert value_of(client(aws, "dynamodb"), "a") == b"\x00\xff"


ORPHAN = """
import sys, time
from pathlib import Path
from infra.local.process import LocalAws
aws = LocalAws(Path(sys.argv[1])).start()
print(aws.endpoint_url, flush=True)
time.sleep(60)
"""


def test_it_ends_in_good_order_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ORPHAN, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = LocalAws()
        orphan._url = parent.stdout.readline().strip()
        put(make_table(orphan), "a")
        parent.kill()

    address = urlsplit(orphan.endpoint_url)
    until = time.monotonic() + 5
    while listens(address.hostname or "", address.port or 0):
        assert time.monotonic() < until, "it stayed behind"
        time.sleep(0.05)
    with ended(LocalAws(tmp_path)) as aws:
        assert value_of(client(aws, "dynamodb"), "a") == b"\x00\xff"


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads Linux's list of sockets")
def test_it_listens_on_one_port_of_loopback_and_nowhere_else() -> None:
    with LocalAws() as aws:
        put(make_table(aws), "a")
        for service, call in {"s3": "list_buckets", "kms": "list_keys", "sqs": "list_queues"}.items():
            getattr(client(aws, service), call)()
        own = {str(link.readlink()) for link in Path(f"/proc/{aws.pid}/fd").iterdir() if link.is_symlink()}
        found = [
            (kind, line.split()[1])
            for kind in ("tcp", "tcp6", "udp", "udp6")
            for line in Path(f"/proc/{aws.pid}/net/{kind}").read_text().splitlines()[1:]
            if f"socket:[{line.split()[9]}]" in own and (kind.startswith("udp") or line.split()[3] == "0A")
        ]
        port = urlsplit(aws.endpoint_url).port

    assert found == [("tcp", f"0100007F:{port:04X}")]


def test_without_a_directory_nothing_is_kept() -> None:
    aws = LocalAws()
    with aws:
        make_table(aws)
        log = aws.log_path
        assert control(aws, "POST", "/_fluxvault/save") == 204
    with aws:
        assert client(aws, "dynamodb").list_tables()["TableNames"] == []

    assert not log.exists()
    assert aws.pid is None


def test_what_the_user_set_for_another_one_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MINISTACK_ACCOUNT_ID": "999999999999", "SERVICES": "sqs"}.items():
        monkeypatch.setenv(name, value)

    with LocalAws() as aws:
        assert client(aws, "sts").get_caller_identity()["Account"] == "000000000000"


def test_services_that_nobody_needs_are_not_offered() -> None:
    with LocalAws() as aws, pytest.raises(ClientError, match="400"):
        client(aws, "lambda").list_functions()


def test_a_stop_does_not_wait_for_requests_that_take_long(tmp_path: Path) -> None:
    def receive(queue: str) -> None:
        with contextlib.suppress(Exception):  # It is cut off.
            client(aws, "sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=9)

    with ended(LocalAws(tmp_path)) as aws:
        waiting = threading.Thread(target=receive, args=(client(aws, "sqs").create_queue(QueueName="q")["QueueUrl"],))
        waiting.start()
        put(make_table(aws), "a")
        time.sleep(0.2)
        began = time.monotonic()
        aws.stop()
        took = time.monotonic() - began
        waiting.join()

    assert 1 < took < 2.5
    assert b"things" in (tmp_path / "saved" / "dynamodb.json").read_bytes()


def test_damaged_state_is_not_overwritten(tmp_path: Path) -> None:
    Snapshots(tmp_path).write({"dynamodb.json": b'{"cut off'})

    with pytest.raises(LocalAwsError, match=r"dynamodb\.json cannot be read"):
        LocalAws(tmp_path).start()

    assert (tmp_path / "saved" / "dynamodb.json").read_bytes() == b'{"cut off'


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(LocalAwsError, match=f"cannot listen on 127.0.0.1:{port}"):
            LocalAws(port=port).start()


def test_a_signal_from_a_terminal_ends_it_too(tmp_path: Path) -> None:
    with ended(LocalAws(tmp_path)) as aws:
        put(make_table(aws), "a")
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGINT)
        assert aws._process is not None
        assert aws._process.wait(5) == 0

    assert b"things" in (tmp_path / "saved" / "dynamodb.json").read_bytes()


def test_a_web_page_reaches_nothing() -> None:
    with LocalAws() as aws:
        client(aws, "s3").create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        page = {"Origin": "https://example.org"}
        assert control(aws, "GET", "/bucket") == 200
        assert control(aws, "GET", "/bucket", page) == 403
        assert control(aws, "OPTIONS", "/bucket", page) == 403

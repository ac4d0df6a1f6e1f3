"""The table of costs in docs/deploy.md is that of the calls which are made."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import costs
from tests.drive.asking import put_ok
from tests.support.system import System, User

SECONDS = 0.05
"""What the table takes a call to last on Lambda; an assumption, which it states."""
DEPLOY = Path(__file__).resolve().parents[2] / "docs/deploy.md"
RECORD = {"filenameEnc": "f", "size": 3, "user": "usr_1", "mimeType": "text/plain", "dekEnc": "d", "thumb": False}


class Bill:
    """What the calls of one client are charged for."""

    def __init__(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used: Counter[str] = Counter()
        for client in (system.aws.dynamodb, system.aws.s3, system.aws.kms):
            monkeypatch.setattr(client, "_make_api_call", self._counting(client._make_api_call))

    def _counting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(operation: str, params: dict[str, Any]) -> Any:
            # `aws.nudge` alone sends it, for the limiter and for a key's last use: how often depends on the clock.
            if operation != "UpdateItem":
                self.used += costs.units(operation, params)
            return call(operation, params)

        return counted


def operations(system: System, user: User) -> dict[str, Callable[[], Any]]:
    """Each as it is once a process is warm and something is stored."""
    (cid,) = put_ok(system, user, ("a.bin", b"warm"), content_type="text/plain")
    file_id = system.call("POST", "/api/v1/meta", body=RECORD).json["id"]
    on = lambda path, **query: system.call("POST", f"/api/v0/{path}", user=user, query=query)  # noqa: E731
    return {
        "put a small new file": lambda: system.put(user, ("b.bin", b"new"), content_type="text/plain"),
        "put what is held already": lambda: system.put(user, ("c.bin", b"warm"), content_type="text/plain"),
        "cat a small file": lambda: on("cat", arg=cid),
        "ls, one page": lambda: on("ls"),
        "status": lambda: on("status"),
        "read a record": lambda: system.call("GET", f"/api/v1/meta/{file_id}"),
        "create a record": lambda: system.call("POST", "/api/v1/meta", body=RECORD),
        "wrap a key": lambda: system.call("POST", "/api/v1/dek/wrap", body={"dek": "d"}),
    }


def test_the_table_is_that_of_the_calls_that_are_made(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    user = system.user()
    doing = operations(system, user)
    doing["cat a small file"]()
    lines = []
    for name, do in doing.items():
        with monkeypatch.context() as patch:
            bill = Bill(system, patch)
            assert do().status == 200
        lines.append(costs.row(name, bill.used, SECONDS))

    missing = [line for line in lines if line not in DEPLOY.read_text()]
    assert "\n".join(missing) == ""


def test_a_call_that_nobody_has_priced_is_an_error() -> None:
    with pytest.raises(ValueError, match="UploadPart"):
        costs.units("UploadPart", {})


def test_a_million_calls_that_use_nothing_cost_the_call_and_the_time() -> None:
    assert costs.per_million({}, 0) == pytest.approx(3.7)
    assert costs.per_million({}, 1) == pytest.approx(3.7 + 1769 / 1024 * 16.6667)
    assert costs.per_million({"row_write": 2, "object_read": 1}, 0) == pytest.approx(3.7 + 1.25 + 0.4)

"""What tests of the metadata service say over and over."""

from typing import Any

from chalicelib import aws
from chalicelib.metadata import Metadata
from chalicelib.metadata.cache import NoCache
from chalicelib.metadata.service import NewRecord, file_id
from tests.support.system import Answer, System

META = "/api/v1/meta"

# The seed's own example.
EXAMPLE: dict[str, Any] = {
    "filenameEnc": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
    "size": 204800,
    "user": "usr_9f8e7d6c",
    "mimeType": "image/png",
    "dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
    "thumb": True,
}


def create(system: System, **fields: Any) -> dict[str, Any]:
    """The answer to a create of the seed's example, but for these fields."""
    answer = system.call("POST", META, body={**EXAMPLE, **fields})
    assert answer.status == 200, answer.body
    return dict(answer.json)


def read(system: System, record_id: str) -> dict[str, Any]:
    answer = system.call("GET", f"{META}/{record_id}")
    assert answer.status == 200, answer.body
    return dict(answer.json)


def listing(system: System, user: str, **query: str) -> Answer:
    return system.call("GET", META, query={"userId": user, **query})


def stats(system: System) -> tuple[int, int]:
    answer = system.call("GET", "/api/v1/stats")
    assert answer.status == 200
    assert list(answer.json) == ["totalFiles", "totalSizeBytes"]
    return answer.json["totalFiles"], answer.json["totalSizeBytes"]


def add_many(user: str, count: int, size: int = 1) -> list[str]:
    """Ids of so many new records of one user, made a transaction at a time."""
    metadata, made = Metadata(NoCache()), list[str]()
    while len(made) < count:
        new = [NewRecord(f"name {len(made) + n}", size, "image/png", "dek") for n in range(min(99, count - len(made)))]
        with aws.transaction() as tx:
            made += [file_id(record) for record in metadata.add(tx, user, new)]
    return made


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code of an error, whose envelope is checked on the way."""
    body = answer.json
    assert set(body) <= {"error", "detail"}, body
    assert ("detail" in body) == (body["error"] == "invalid_request")
    assert all(set(fault) == {"field", "problem"} and fault["problem"] for fault in body.get("detail", ()))
    assert answer.headers["content-type"] == "application/json"
    return answer.status, body["error"]


def fields_at_fault(answer: Answer) -> list[str]:
    """The fields that a 400 names, each once."""
    assert refusal(answer) == (400, "invalid_request")
    return list(dict.fromkeys(fault["field"] for fault in answer.json["detail"]))

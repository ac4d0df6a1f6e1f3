"""The management reference of APIs, line by line as its readers paste it (seed 002)."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.acceptance.client import Target
from tests.acceptance.publishing import Publisher
from tests.acceptance.running import Running

PUBLISHED, ENV, TOKEN = "https://api.foxnose.net", "7c9h4pwu", "eyJhbGciOiJIUzI1NiI..."
API, FOLDER = "dw2qC5qRwxuZ", "mK8nP3tYvBcX"

CREATE = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..." \\
-H "Content-Type: application/json" \\
-d '{
    "name": "Blog API",
    "prefix": "blog-v1",
    "description": "API for accessing blog content"
}'
"""
LIST = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""
RETRIEVE = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""
UPDATE = """\
curl -X PUT https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..." \\
-H "Content-Type: application/json" \\
-d '{
    "name": "Updated Blog API",
    "description": "Updated API for accessing blog content"
}'
"""
DELETE = """\
curl -X DELETE https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""
CONNECT = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/folders/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..." \\
-H "Content-Type: application/json" \\
-d '{
    "folder": "mK8nP3tYvBcX",
    "allowed_methods": ["get_one", "get_many"]
}'
"""
CONNECTED = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/folders/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""
RETRIEVE_FOLDER = """\
curl https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/folders/mK8nP3tYvBcX/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""
UPDATE_FOLDER = """\
curl -X PUT https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/folders/mK8nP3tYvBcX/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..." \\
-H "Content-Type: application/json" \\
-d '{
    "allowed_methods": ["get_many"]
}'
"""
DISCONNECT = """\
curl -X DELETE https://api.foxnose.net/v1/7c9h4pwu/api/dw2qC5qRwxuZ/folders/mK8nP3tYvBcX/ \\
-H "Authorization: Bearer eyJhbGciOiJIUzI1NiI..."
"""

Paste = Callable[..., str]


@pytest.fixture(scope="module")
def publisher(_running: Running | None, target: Target) -> Publisher:
    return Publisher.of(_running, target)


@pytest.fixture(scope="module")
def client(publisher: Publisher) -> Iterator[httpx.Client]:
    with publisher.client() as made:
        yield made


@pytest.fixture
def paste(shell: Callable[[str], str], publisher: Publisher) -> Paste:
    """Runs a published line against the target, with what a reader puts in the places of its samples."""

    def run(line: str, api: str = API, folder: str = FOLDER) -> str:
        theirs = {PUBLISHED: publisher.base_url, ENV: publisher.env, TOKEN: publisher.access, API: api, FOLDER: folder}
        for old in (PUBLISHED, ENV, TOKEN):
            assert old in line
        for old, new in theirs.items():
            line = line.replace(old, new)
        return shell(line)

    return run


@pytest.fixture
def api(paste: Paste, client: httpx.Client) -> Iterator[dict[str, Any]]:
    """What pasting CREATE made; gone afterwards."""
    made: dict[str, Any] = json.loads(paste(CREATE))
    assert "key" in made, made
    yield made
    client.delete(f"/api/{made['key']}/")


@pytest.fixture
def folder(client: httpx.Client) -> Iterator[str]:
    answer = client.post("/folders/tree/", json={"name": "Articles", "alias": f"articles-{time.time_ns()}"})
    assert answer.status_code == 201, answer.text
    yield answer.json()["key"]
    client.delete("/folders/tree/folder/", params={"key": answer.json()["key"]})


@pytest.fixture
def connection(paste: Paste, api: dict[str, Any], folder: str, client: httpx.Client) -> Iterator[dict[str, Any]]:
    yield json.loads(paste(CONNECT, api["key"], folder))
    client.delete(f"/api/{api['key']}/folders/{folder}/")


def is_now(text: str) -> bool:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return abs(time.time() - moment.timestamp()) < 60


def test_create_api(api: dict[str, Any], publisher: Publisher) -> None:
    published = {
        "name": "Blog API",
        "description": "API for accessing blog content",
        "environment": publisher.env,
        "prefix": "blog-v1",
        "version": "1",
    }
    assert {name: api[name] for name in published} == published
    assert is_now(api["created_at"])


def test_list_apis(paste: Paste, api: dict[str, Any]) -> None:
    answer = json.loads(paste(LIST))

    assert answer.keys() == {"results", "count", "next", "previous"}
    assert api in answer["results"]


def test_retrieve_api(paste: Paste, api: dict[str, Any]) -> None:
    assert json.loads(paste(RETRIEVE, api["key"])) == api


def test_update_api(paste: Paste, api: dict[str, Any]) -> None:
    answer = json.loads(paste(UPDATE, api["key"]))

    updated = {"name": "Updated Blog API", "description": "Updated API for accessing blog content"}
    assert answer == {**api, **updated}


def test_delete_api(paste: Paste, api: dict[str, Any]) -> None:
    assert paste(DELETE, api["key"]) == ""
    gone = json.loads(paste(RETRIEVE, api["key"]))
    assert (gone["error_code"], gone["detail"]) == ("api_not_found", None)


def test_connect_folder(connection: dict[str, Any], api: dict[str, Any], folder: str) -> None:
    published = {"folder": folder, "api": api["key"], "allowed_methods": ["get_one", "get_many"]}
    assert {name: connection[name] for name in published} == published
    assert is_now(connection["created_at"])


def test_list_connected_folders(paste: Paste, connection: dict[str, Any], api: dict[str, Any]) -> None:
    answer = json.loads(paste(CONNECTED, api["key"]))

    assert answer == {"count": 1, "next": None, "previous": None, "results": [connection]}


def test_retrieve_connected_folder(paste: Paste, connection: dict[str, Any]) -> None:
    assert json.loads(paste(RETRIEVE_FOLDER, connection["api"], connection["folder"])) == connection


def test_update_connected_folder(paste: Paste, connection: dict[str, Any]) -> None:
    answer = json.loads(paste(UPDATE_FOLDER, connection["api"], connection["folder"]))

    assert answer == {**connection, "allowed_methods": ["get_many"]}


def test_disconnect_folder(paste: Paste, connection: dict[str, Any]) -> None:
    where = connection["api"], connection["folder"]

    assert paste(DISCONNECT, *where) == ""
    assert json.loads(paste(RETRIEVE_FOLDER, *where))["error_code"] == "folder_not_found"
    assert json.loads(paste(DISCONNECT, *where))["error_code"] == "folder_not_found"

"""MiniStack as a library: its environment, its state in and out.

MiniStack (PyPI `ministack`) reads its environment while it is imported, so `load` sets that first and imports it then.
Used of it are the ASGI application, `get_state` and `load_persisted_state` of its services, and the JSON form of
`core.persistence`, in part by private names: its version is pinned, and `tests/infra/test_ministack.py` restarts it.
"""

import copy
import json
import os
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

from infra.local.listening import AsgiApp
from infra.local.saving import KEYS, REST, TABLES
from infra.local.snapshots import Snapshots

# Only what the product uses: MiniStack can also run Lambda functions and containers for whoever reaches its port.
SERVICES = ("dynamodb", "kms", "s3", "sqs", "sts")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
"""What links to S3 must be signed with; no secret, since it takes any other call with any credentials."""
_OWN_PART = {"dynamodb": TABLES, "kms": KEYS}


class StateUnreadableError(RuntimeError):
    """A saved file cannot be read; starting without it would overwrite it with nothing."""


def environment(port: int, snapshots: Snapshots | None) -> dict[str, str]:
    """Environment variables for MiniStack.

    Args:
        port: Where it is served; it appears in addresses that it makes up, such as queue URLs.
        snapshots: What it shall remember; object bodies go beside them, to `s3`. None keeps all in memory.
    """
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "SERVICES": ",".join(SERVICES),
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        **CREDENTIALS,
        "SFTP_ENABLED": "0",
        # Else it would remove containers that carry its label, which need not be ours.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
    }
    if snapshots is not None:
        settings |= {"PERSIST_STATE": "1", "STATE_DIR": str(snapshots.current)}
        settings |= {"S3_PERSIST": "1", "S3_DATA_DIR": str(snapshots.root / "s3")}
    return settings


def load(settings: Mapping[str, str]) -> "Emulator":
    """Import MiniStack under `settings`; once per process, since its state is in its modules."""
    meant_for_it = ("MINISTACK_", "LOCALSTACK_", "AUTH", "USE_SSL", "EDGE_PORT", "STATE_DIR", "S3_DATA_DIR")
    for name in [name for name in os.environ if name.startswith(meant_for_it)]:
        del os.environ[name]
    os.environ.update(settings)
    return Emulator()


class Emulator:
    """The imported MiniStack."""

    def __init__(self) -> None:
        module = _imported("ministack.app")
        self._persistence = _imported("ministack.core.persistence")
        # Else the first request to each would wait for its import.
        self._services = {name: _imported(f"ministack.services.{name}") for name in SERVICES}
        # Its own load skips what it cannot read, and its own save, at the end alone, writes file by file.
        module.PERSIST_STATE = False
        self.app: AsgiApp = module.app

    def restore(self, saved: Path) -> None:
        """Load the snapshot in `saved`, if there is one.

        Raises:
            StateUnreadableError: A file is damaged, or was written by a later MiniStack.
        """
        for name, service in self._services.items():
            path = saved / f"{name}.json"
            if path.exists():
                state = self._persistence.load_state(name)
                if state is None:
                    raise StateUnreadableError(f"{path} cannot be read; put it right or move its directory away")
                service.load_persisted_state(state)

    def encode(self, parts: Collection[str]) -> dict[str, bytes]:
        """The files of `parts`, as `restore` reads them."""
        # Expired items are removed by a thread, under this lock.
        with self._services["dynamodb"]._lock:  # noqa: SLF001 - see the module's docstring
            return {
                f"{name}.json": self._dump(name, _without_copies(service.get_state)())
                for name, service in self._services.items()
                if _OWN_PART.get(name, REST) in parts
            }

    def _dump(self, name: str, state: Any) -> bytes:
        form = self._persistence
        wrapped = {"__ministack_format__": form._state_format_version(name), "payload": state}  # noqa: SLF001 - see above
        # `dumps` runs in C, `dump` does not: 0.1 s for 20,000 items instead of 0.8.
        return json.dumps(wrapped, default=form._json_default).encode()  # noqa: SLF001 - see above


def _imported(name: str) -> Any:
    return import_module(name)


def _without_copies(get_state: FunctionType) -> Callable[[], Any]:
    """`get_state` with a `copy.deepcopy` that does nothing: what is encoded at once need not be copied first.

    Copying 20,000 items takes 0.5 s, during which no request is answered; encoding them takes 0.1 s.
    """
    names = get_state.__globals__ | {"copy": SimpleNamespace(copy=copy.copy, deepcopy=lambda value: value)}
    return FunctionType(get_state.__code__, names, get_state.__name__, get_state.__defaults__, get_state.__closure__)

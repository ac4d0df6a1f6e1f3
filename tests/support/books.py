"""A system's books in a test: recounted, compared, and set up by hand."""

from typing import Any
from weakref import WeakKeyDictionary

from chalicelib import aws
from chalicelib.blobs import Blobs
from chalicelib.composition import Services, services
from chalicelib.identity.tables import AccountRow
from chalicelib.workers.finding import Finding
from chalicelib.workers.reconcile import Reconciler
from tests.support.system import Answer, System, User

_services: WeakKeyDictionary[System, Services] = WeakKeyDictionary()


def services_of(system: System) -> Services:
    """The domains, wired as in production, over the system's own clients, whose calls are counted and may fail."""
    if system not in _services:
        _services[system] = services(system.aws.settings)
        aws.clients._current = system.aws
    return _services[system]


def new_blobs(system: System) -> Blobs:
    """Blobs over the system's AWS."""
    return Blobs(services_of(system).keys)


def reconciler(system: System, grace_seconds: float = 0.0) -> Reconciler:
    """The check of the books; by default nothing is too young to count as left behind."""
    return services_of(system).reconciler(grace_seconds)


def faults_in(system: System) -> list[Finding]:
    """What does not add up; nothing is repaired."""
    return reconciler(system).check()


def set_capacity(user: User, capacity: int) -> None:
    """Let an account hold so many bytes, whatever its plan says."""
    with aws.transaction() as tx:
        tx.update(AccountRow(zelid=user.zelid), [AccountRow.capacity.set(capacity)])


def status(system: System, user: User) -> dict[str, Any]:
    """`result` of the account's status."""
    return dict(system.call("POST", "/api/v0/status", user=user).json["result"])


def listed(system: System, user: User) -> dict[str, str]:
    """Hash by name of everything in the account's list."""
    return {line["name"]: line["hash"] for line in system.call("POST", "/api/v0/ls", user=user).json["files"]}


def stats(system: System) -> tuple[int, int]:
    """Files and bytes by the metadata service's totals."""
    answer = system.call("GET", "/api/v1/stats").json
    return answer["totalFiles"], answer["totalSizeBytes"]


def cat(system: System, user: User, cid: str) -> Answer:
    """The answer to a plain read."""
    return system.call("POST", "/api/v0/cat", user=user, query={"arg": cid})


def rm(system: System, user: User, cid: str) -> Answer:
    """The answer to a removal."""
    return system.call("POST", "/api/v0/rm", user=user, query={"arg": cid})

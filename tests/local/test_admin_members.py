"""`python -m infra.admin user` and `environment`, and what `make run` leaves for who manages the demo account."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.operating import Operator
from tests.acceptance.running import REPOSITORY, Running, environment, values
from tests.local.stack import Start, admin

pytestmark = pytest.mark.xdist_group("admin members")
NAMES = ("ENV_KEY", "MANAGEMENT_EMAIL", "MANAGEMENT_PASSWORD", "MANAGEMENT_PUBLIC_KEY", "MANAGEMENT_SECRET_KEY")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("members") / "local").ready()
    yield made
    made.interrupt()


@pytest.fixture(scope="module")
def operator(running: Running) -> Operator:
    return admin(running.local)


def typed(running: Running, password: str, *args: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command that reads a password from a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.admin", "--json", *args],
        cwd=REPOSITORY,
        env=environment(running.local),
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def sign_in(running: Running, email: str, password: str) -> httpx.Response:
    return httpx.post(f"{running.base_url}/account/auth", json={"email": email, "password": password}, timeout=30)


def listed(running: Running, env: str, auth: str) -> int:
    """Status of listing an environment's APIs."""
    return httpx.get(f"{running.base_url}/v1/{env}/api/", headers={"Authorization": auth}, timeout=30).status_code


def test_a_user_and_an_environment(operator: Operator, running: Running) -> None:
    zelid = operator.account().zelid
    code, said, errors = typed(running, "first secret", "user", "add", "Ann@Example.com", zelid)
    assert (code, errors) == (0, "")
    assert '"email": "ann@example.com"' in said
    assert "secret" not in said
    space = operator("environment", "create", zelid, "Site")
    assert (space["name"], space["account"]) == ("Site", zelid)

    access = sign_in(running, "ann@example.com", "first secret").json()["access"]

    assert listed(running, space["key"], f"Bearer {access}") == 200
    assert listed(running, running.demo["ENV_KEY"], f"Bearer {access}") == 404
    code, _, errors = typed(running, "another secret", "user", "password", "ANN@example.com")
    assert (code, errors) == (0, "")
    assert sign_in(running, "ann@example.com", "first secret").status_code == 401
    assert sign_in(running, "ann@example.com", "another secret").status_code == 200


@pytest.mark.parametrize(
    ("command", "password", "said"),
    [
        ("user add demo@example.com demo", "long enough", "A user with this e-mail address exists (user_exists)"),
        ("user add new@example.com nobody", "long enough", "no such account"),
        ("user add new demo", "long enough", "not an e-mail address"),
        ("user add new@example.com demo", "short", "a password has 8 to 256 characters"),
        ("user password nobody@example.com", "long enough", "no such user"),
        ("user password demo@example.com", "", "a password has 8 to 256 characters"),
        ("environment create nobody Site", "", "no such account"),
    ],
)
def test_what_is_refused_is_refused_in_one_line(running: Running, command: str, password: str, said: str) -> None:
    assert typed(running, password, *command.split()) == (1, "", f"{said}\n")


def demo_works(running: Running) -> dict[str, str]:
    """What `make run` wrote lets in, each way; gives it."""
    demo = running.demo
    assert all(demo[name] for name in NAMES)
    answer = sign_in(running, demo["MANAGEMENT_EMAIL"], demo["MANAGEMENT_PASSWORD"])
    assert answer.status_code == 200, answer.text
    simple = f"Simple {demo['MANAGEMENT_PUBLIC_KEY']}:{demo['MANAGEMENT_SECRET_KEY']}"
    for auth in (f"Bearer {answer.json()['access']}", simple):
        assert listed(running, demo["ENV_KEY"], auth) == 200
    return {name: demo[name] for name in NAMES}


def spoil(path: Path, **changed: Any) -> None:
    """Write other values into a file of settings."""
    path.write_text("".join(f"{name}={value}\n" for name, value in {**values(path), **changed}.items()))


def test_the_demo_is_kept_over_a_restart_and_repaired(start: Start, local: Path) -> None:
    first = start(local).ready()
    before = demo_works(first)
    assert before["MANAGEMENT_PASSWORD"] not in first.printed
    first.interrupt()

    second = start(local, port=first.port).ready()
    assert demo_works(second) == before
    second.interrupt()

    spoil(local / "demo.env", MANAGEMENT_PASSWORD="forgotten")
    third = start(local, port=first.port).ready()
    repaired = demo_works(third)
    assert repaired["MANAGEMENT_EMAIL"] == before["MANAGEMENT_EMAIL"]
    assert repaired["MANAGEMENT_PASSWORD"] not in {"forgotten", before["MANAGEMENT_PASSWORD"]}

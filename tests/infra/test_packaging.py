"""The zip: what Lambda runs and nothing else, compiled, and the same bytes each time."""

import ast
import fcntl
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from infra.app import config
from infra.packaging import __main__ as command
from infra.packaging import archive, lock, package, target

pytestmark = pytest.mark.xdist_group("packaging")

# Beside what the lock names: the project, and the part of Chalice that runs.
OURS = {"app.py", "chalicelib", "chalice", "__pycache__"}
NOT_ON_LAMBDA = {"infra", "tests", "client", "moto", "ministack", "pytest", "typer", "uvicorn", "hypothesis", "mypy"}
HEALTH = {
    "resource": "/health",
    "path": "/health",
    "httpMethod": "GET",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {"resourcePath": "/health", "httpMethod": "GET", "path": "/health", "requestId": "r"},
    "body": None,
    "isBase64Encoded": False,
}
# As Lambda does: the module beside the handler's name, and a call.
CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import app, PIL.Image, argon2, valkey
class Context: aws_request_id = "r"; invoked_function_arn = "arn"; function_name = "f"
print(json.dumps([app.app(json.loads(sys.argv[2]), Context()), app.__cached__, sorted(vars(app))]))
"""


class Built:
    """Two builds of one source, and what is in them."""

    def __init__(self, room: Path) -> None:
        self.zips = [room / "one.zip", room / "two.zip"]
        self.work = [room / "one", room / "two"]
        self.digests = json.loads((room / "digests.json").read_text())
        with zipfile.ZipFile(self.zips[0]) as zipped:
            self.infos = zipped.infolist()
        self.names = [info.filename for info in self.infos]


def build_twice(room: Path) -> None:
    source = room / "source"
    source.mkdir(parents=True)
    # Whoever works on the project meanwhile does not change it under our hands.
    archive.copy_source(lock.ROOT, source)
    digests = []
    for name in ("one", "two"):
        (room / name).mkdir()
        digests.append(archive.build(room / f"{name}.zip", room / name, source))
    (room / "digests.json").write_text(json.dumps(digests))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """Built once for all processes of a run."""
    base = tmp_path_factory.getbasetemp()
    room = (base if worker_id == "master" else base.parent) / "packaging"
    with room.with_suffix(".lock").open("w") as waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        if not (room / "digests.json").exists():
            build_twice(room)
    return Built(room)


def test_two_builds_have_one_digest(built: Built) -> None:
    assert built.digests[0] == built.digests[1]
    assert len(built.digests[0]) == 64


def test_it_holds_what_the_lock_names_and_nothing_else(built: Built) -> None:
    top = {name.split("/")[0] for name in built.names}
    installed = {
        re.sub(r"[-_.]+", "-", name.removesuffix(".dist-info").rsplit("-", 1)[0]).lower()
        for name in top
        if name.endswith(".dist-info")
    }
    assert installed == set(lock.pins(lock.LOCK))
    assert top >= OURS
    assert not NOT_ON_LAMBDA & top
    assert "bin" not in top
    assert [name for name in built.names if re.search(r"(/RECORD|direct_url\.json|INSTALLER)$", name)] == []
    assert {name for name in built.names if name.startswith("chalice/") and name.endswith(".py")} == {
        "chalice/__init__.py",
        "chalice/app.py",
    }


def test_every_source_is_compiled_unchecked_and_knows_no_machine(built: Built) -> None:
    sources = [name for name in built.names if name.endswith(".py") and compiles(built.work[0] / name)]
    assert len(sources) > 1000
    version = target.VERSION.replace(".", "")
    for name in sources:
        path = Path(name)
        compiled = path.parent / "__pycache__" / f"{path.stem}.cpython-{version}.pyc"
        content = (built.work[0] / compiled).read_bytes()
        # PEP 552: by hash, and never compared with the source.
        assert content[4:8] == b"\x01\x00\x00\x00"
        assert str(built.work[0]).encode() not in content
    assert b"/var/task/app.py" in (built.work[0] / f"__pycache__/app.cpython-{version}.pyc").read_bytes()


def compiles(path: Path) -> bool:
    """Some packages carry sources of another Python."""
    try:
        ast.parse(path.read_bytes())
    except SyntaxError:
        return False
    return True


def test_neither_times_nor_owners_are_in_it(built: Built) -> None:
    assert {info.date_time for info in built.infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr for info in built.infos} == {0o644 << 16}
    assert built.names == sorted(built.names)


def test_it_fits_lambda(built: Built) -> None:
    assert sum(info.file_size for info in built.infos) < archive.MOST_BYTES
    assert built.zips[0].stat().st_size < 50 * 2**20


@pytest.mark.parametrize(("side", "handlers"), [("public", set()), ("internal", {"jobs", "janitor"})])
def test_it_answers_under_the_python_of_lambda(built: Built, side: str, handlers: set[str]) -> None:
    environment = {
        "STAGE": "prod",
        "SURFACE": side,
        "TABLE_PREFIX": "fluxvault-prod-",
        "BLOB_BUCKET": "blobs",
        "KMS_KEY_ID": "alias/fluxvault-prod",
        "PUBLIC_URL": "https://api.example.org",
        "JOBS_QUEUE_URL": "https://sqs.example.org/1/jobs",
        "AWS_REGION": "us-east-1",
        "PATH": os.environ["PATH"],
    }
    ran = subprocess.run(
        [target.interpreter(), "-I", "-c", CALL, str(built.work[1]), json.dumps(HEALTH)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answer, cached, names = json.loads(ran.stdout.splitlines()[-1])
    assert answer["statusCode"] == 200
    assert Path(cached).exists()
    assert handlers == {"jobs", "janitor"} & set(names)


def test_the_lock_names_one_file_of_every_requirement() -> None:
    """If not: python -m infra.packaging lock."""
    assert lock.pins(lock.LOCK) == lock.pins(lock.REQUIREMENTS)
    lines = [line for line in lock.LOCK.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==\S+ --hash=sha256:[0-9a-f]{64}", line)] == []


def test_another_file_than_the_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = tmp_path / "requirements.lock"
    (line,) = [line for line in lock.LOCK.read_text().splitlines() if line.startswith("six==")]
    forged.write_text(line.rpartition(":")[0] + f":{'0' * 64}\n")
    monkeypatch.setattr(archive, "LOCK", forged)

    with pytest.raises(target.PackageError, match=r"(?i)hash"):
        archive.build(tmp_path / "a.zip", tmp_path / "work")


def test_a_package_too_large_for_lambda_is_refused(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_install", lambda _: None)
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    (tmp_path / "work").mkdir()
    with pytest.raises(archive.TooLargeError):
        archive.build(tmp_path / "a.zip", tmp_path / "work", built.work[0])


def test_without_the_python_of_lambda_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACKAGE_PYTHON", "/nowhere/python")
    assert command.main(["package", "prod"]) == 1
    assert "PACKAGE_PYTHON=" in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["", "local", "nope", "PROD"])
def test_only_stages_that_can_be_deployed_are_packaged(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["package", stage]) == 1
    assert "dev, prod, internal" in capsys.readouterr().err
    with pytest.raises(config.StageError):
        package.make(stage)

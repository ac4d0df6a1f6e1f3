"""`make deploy` and `make destroy`: the right commands in the right order, and on an AWS, as far as ours goes."""

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import boto3
import pytest

from infra.app import config
from infra.packaging import __main__ as command
from infra.packaging import archive, deploy, destroy, package
from infra.template import TABLES
from tests.support.cloud import ACCOUNT, REGION, cloud

pytestmark = pytest.mark.xdist_group("deploying")

Make = Callable[..., None]
DIGEST = "0123456789abcdef" * 4


class Said:
    """Runs nothing, and remembers what it was told to run."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []

    def __call__(self, words: Sequence[str]) -> str:
        self.commands.append(words)
        return json.dumps(
            [{"OutputKey": key, "OutputValue": f"the-{key}"} for key in ("PackageBucketName", "EndpointURL")]
        )

    def stacks(self) -> list[str]:
        return [words[words.index("--stack-name") + 1] for words in self.commands if words[2] == "deploy"]

    def overrides(self, stack: str) -> set[str]:
        (words,) = [words for words in self.commands if words[2] == "deploy" and stack in words]
        return set(words[words.index("--parameter-overrides") + 1 :])


def order(stage: str, **given: str) -> deploy.Order:
    return deploy.Order.of(config.stage(stage), given)


def forward(wanted: deploy.Order) -> Said:
    said = Said()
    address = deploy.Deploying(wanted, said).forward(package.Package(wanted.stage, Path("build"), DIGEST))
    assert address == "the-EndpointURL"
    return said


def test_state_goes_before_what_runs_and_cannot_be_deleted_by_accident() -> None:
    said = forward(order("prod"))

    assert said.stacks() == ["fluxvault-prod-data", "fluxvault-prod-public"]
    verbs = [words[2] for words in said.commands]
    assert verbs[:2] == ["deploy", "update-termination-protection"]
    assert "--enable-termination-protection" in said.commands[1]
    assert said.overrides("fluxvault-prod-public") == {"Deployment=prod"}


@pytest.mark.parametrize(
    ("stage", "given", "stacks", "overrides"),
    [
        ("internal", {"DEPLOYMENT": "dev"}, ["data", "network", "internal"], {"Deployment=dev"}),
        (
            "prod",
            {"CACHE": "cache.t4g.small"},
            ["data", "network", "public"],
            {"Deployment=prod", "Cache=valkey"},
        ),
        ("dev", {"CACHE": "none", "RESERVE": "no"}, ["data", "network", "public"], {"Cache=none", "Reserve=no"}),
        (
            "prod",
            {"DOMAIN": "api.example.com", "CERTIFICATE": "arn:c", "ZONE": "Z1", "TRACING": "on"},
            ["data", "public"],
            {"DomainName=api.example.com", "CertificateArn=arn:c", "HostedZoneId=Z1", "Tracing=on"},
        ),
    ],
)
def test_what_is_asked_for_is_deployed(
    stage: str, given: dict[str, str], stacks: list[str], overrides: set[str]
) -> None:
    wanted = order(stage, **given)
    said = forward(wanted)

    assert said.stacks() == [f"fluxvault-{wanted.deployment}-{what}" for what in stacks]
    assert overrides <= said.overrides(said.stacks()[-1])


@pytest.mark.parametrize(
    ("stage", "given"),
    [
        ("internal", {}),
        ("prod", {"DEPLOYMENT": "dev"}),
        ("internal", {"DEPLOYMENT": "prod", "DOMAIN": "a.example.com", "CERTIFICATE": "arn:c"}),
        ("prod", {"DOMAIN": "a.example.com"}),
        ("prod", {"CERTIFICATE": "arn:c"}),
    ],
)
def test_what_does_not_go_together_is_refused(stage: str, given: dict[str, str]) -> None:
    with pytest.raises(deploy.DeployError):
        order(stage, **given)


def test_going_back_fetches_the_template_of_that_version_and_leaves_state_alone(tmp_path: Path) -> None:
    there = forward(order("prod"))
    (kept,) = [words for words in there.commands if words[1:3] == ["s3", "cp"]]
    said = Said()

    deploy.Deploying(order("prod"), said).back(DIGEST[:16], tmp_path / "build")

    (fetched,) = [words for words in said.commands if words[1:3] == ["s3", "cp"]]
    assert fetched[3] == kept[4] == f"s3://the-PackageBucketName/templates/public/{DIGEST[:16]}.json"
    assert said.stacks() == ["fluxvault-prod-public"]


def test_data_is_kept_unless_it_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["destroy", "prod"]) == 0
    said = capsys.readouterr().out
    assert "removed: stack fluxvault-prod-public" in said
    assert said.count("removed:") == 1
    assert "kept:    key alias/fluxvault-prod" in said
    assert "Nothing was removed" in said

    monkeypatch.setenv("DATA", "delete")
    assert command.main(["destroy", "prod"]) == 0
    said = capsys.readouterr().out
    assert said.count("removed: table") == len(TABLES)
    assert "removed: master key" in said
    assert "kept:" not in said
    assert "Nothing was removed" in said

    monkeypatch.setenv("DATA", "everything")
    assert command.main(["destroy", "prod"]) == 1


def test_no_aws_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(deploy.DeployError, match="install the AWS command line"):
        deploy.by_subprocess(["aws", "--version"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with cloud(tmp_path_factory.mktemp("cloud")) as environment:
        yield environment


@pytest.fixture
def make(account: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Make:
    """`make VERB STAGE=...`, with a zip that takes no time: nothing calls the functions here."""

    def build(into: Path, _work: Path) -> str:
        with zipfile.ZipFile(into, "w") as zipped:
            zipped.writestr("app.py", "app = jobs = janitor = None")
        return DIGEST

    def run(verb: str, stage: str, **given: str) -> None:
        with monkeypatch.context() as patch:
            for name, value in {**account, **given, "BUILD_DIR": str(tmp_path)}.items():
                patch.setenv(name, value)
            assert command.main([verb, stage]) == 0

    monkeypatch.setattr(archive, "build", build)
    return run


@pytest.fixture
def session(account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, account[name])
    return boto3.Session()


def test_an_empty_account_gets_everything_and_gives_it_up_when_told(
    make: Make, session: boto3.Session, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given nothing, both sides are deployed
    make("deploy", "prod", RESERVE="no")
    make("deploy", "internal", DEPLOYMENT="prod", CACHE="cache.t4g.small")
    assert capfd.readouterr().out.count("Deployed: https://") == 2

    functions = {one["FunctionName"]: one for one in session.client("lambda").list_functions()["Functions"]}
    assert set(functions) == {f"fluxvault-prod-{name}" for name in ("public", "internal", "jobs", "janitor")}
    variables = functions["fluxvault-prod-jobs"]["Environment"]["Variables"]
    assert variables["BLOB_BUCKET"] == f"fluxvault-prod-blobs-{ACCOUNT}-{REGION}"
    assert variables["TABLE_PREFIX"] == "fluxvault-prod-"
    assert variables["CACHE_URL"].startswith("valkeys://")
    tables = session.client("dynamodb").list_tables()["TableNames"]
    assert sorted(tables) == sorted(f"fluxvault-prod-{model.Meta.table_name}" for model in TABLES)
    (source,) = session.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert source["EventSourceArn"].endswith(":fluxvault-prod-jobs")

    # What runs goes, what is stored stays
    session.client("s3").put_object(Bucket=variables["BLOB_BUCKET"], Key="some/0", Body=b"ciphertext")
    make("destroy", "internal", DEPLOYMENT="prod", YES="prod")
    left = {one["FunctionName"] for one in session.client("lambda").list_functions()["Functions"]}
    assert left == {"fluxvault-prod-public"}
    assert session.client("dynamodb").list_tables()["TableNames"] == tables

    # Until it is named
    make("destroy", "prod", YES="prod", DATA="delete")
    assert session.client("dynamodb").list_tables()["TableNames"] == []
    assert session.client("s3").list_buckets()["Buckets"] == []
    assert session.client("kms").list_aliases()["Aliases"] == []


def test_removing_what_is_gone_already_is_no_error(session: boto3.Session) -> None:
    destroy.remove_data(session, ["fluxvault-prod-nope"], ["fluxvault-prod-nope"], "alias/fluxvault-nope")

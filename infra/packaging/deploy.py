"""`make deploy`: the commands of AWS's own tool that bring a package to an account, in their order."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.app.config import Side, Stage
from infra.packaging import package
from infra.stateful.names import APP

Run = Callable[[Sequence[str]], str]
"""Runs a command and gives what it printed."""
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
# Variables of make, and the parameters of the template that they set.
_PARAMETERS = {
    "DOMAIN": "DomainName",
    "CERTIFICATE": "CertificateArn",
    "ZONE": "HostedZoneId",
    "RESERVE": "Reserve",
    "TRACING": "Tracing",
}


class DeployError(Exception):
    """What was asked for cannot be deployed; the message says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        stage: What to deploy.
        deployment: Of which deployment.
        cache: Size of the cache's server; empty leaves it as it is, `none` takes it away.
        parameters: Of the app's template; those not named stay as they are.
    """

    stage: Stage
    deployment: str
    cache: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, stage: Stage, environ: Mapping[str, str]) -> Self:
        """From the variables that make hands over.

        Raises:
            DeployError: They do not go together.
        """
        deployment = environ.get("DEPLOYMENT") or stage.deployment
        if not deployment:
            raise DeployError("STAGE=internal belongs to a deployment: DEPLOYMENT=prod")
        if stage.deployment and deployment != stage.deployment:
            raise DeployError(f"STAGE={stage.name} is the deployment {stage.deployment}")
        given = {parameter: environ[name] for name, parameter in _PARAMETERS.items() if environ.get(name)}
        if stage.side == "internal" and "DomainName" in given:
            raise DeployError("The internal side has no domain: it is reached from its network alone")
        if bool(given.get("DomainName")) != bool(given.get("CertificateArn")):
            raise DeployError("A domain needs its certificate: DOMAIN=api.example.com CERTIFICATE=arn:aws:acm:...")
        return cls(stage, deployment, environ.get("CACHE", ""), given)

    def stack(self, what: str) -> str:
        """Name of a stack: `data`, `network`, or a side."""
        return f"{APP}-{self.deployment}-{what}"


@dataclass(frozen=True, slots=True)
class Deploying:
    """One deployment under way, by whatever runs its commands."""

    order: Order
    run: Run

    def forward(self, made: package.Package) -> str:
        """Bring a package to the account; gives the address of its API.

        What holds state goes first, so that new code finds its tables.
        """
        order, directory, version = self.order, made.directory, made.digest[:16]
        self._stack("data", directory / package.STATEFUL)
        protect = ["update-termination-protection", "--enable-termination-protection"]
        self.run(["aws", "cloudformation", *protect, "--stack-name", order.stack("data")])
        if order.stage.side == "internal" or order.cache:
            self._stack("network", directory / package.NETWORK, {"CacheNodeType": order.cache} if order.cache else {})
        bucket, packaged = self._bucket(), directory / "packaged.json"
        places = ["--s3-bucket", bucket, "--s3-prefix", f"code/{version}", "--output-template-file", str(packaged)]
        template = ["--template-file", str(directory / package.APP), "--use-json"]
        self.run(["aws", "cloudformation", "package", *template, *places])
        self.run(["aws", "s3", "cp", str(packaged), template_at(bucket, order.stage.side, version), "--quiet"])
        return self._app(packaged, bucket)

    def back(self, version: str, directory: Path) -> str:
        """Deploy what was deployed before under that version, code and template; state is left alone."""
        bucket, packaged = self._bucket(), directory / "earlier.json"
        directory.mkdir(parents=True, exist_ok=True)
        self.run(["aws", "s3", "cp", template_at(bucket, self.order.stage.side, version), str(packaged), "--quiet"])
        return self._app(packaged, bucket)

    def _bucket(self) -> str:
        return output(self.run, self.order.stack("data"), "PackageBucketName")

    def _app(self, packaged: Path, bucket: str) -> str:
        parameters = dict(self.order.parameters)
        if self.order.cache:
            parameters["Cache"] = "none" if self.order.cache == "none" else "valkey"
        more = ["--s3-bucket", bucket, "--s3-prefix", "deployed", "--capabilities", *_CAPABILITIES]
        self._stack(self.order.stage.side, packaged, parameters, more)
        return output(self.run, self.order.stack(self.order.stage.side), "EndpointURL")

    def _stack(
        self, what: str, template: Path, parameters: Mapping[str, str] | None = None, more: Sequence[str] = ()
    ) -> None:
        values = {"Deployment": self.order.deployment, **(parameters or {})}
        overrides = [f"{key}={value}" for key, value in values.items()]
        command = ["aws", "cloudformation", "deploy", "--stack-name", self.order.stack(what)]
        command += ["--template-file", str(template), "--no-fail-on-empty-changeset", *more]
        self.run([*command, "--parameter-overrides", *overrides])


def template_at(bucket: str, side: Side, version: str) -> str:
    """Where the template of a version is kept, to go back to."""
    return f"s3://{bucket}/templates/{side}/{version}.json"


def by_subprocess(command: Sequence[str]) -> str:
    """Say a command and run it; what it has to say to a person it says itself.

    Raises:
        DeployError: There is no such program, or it failed.
    """
    print(f"+ {shlex.join(command)}", flush=True)
    try:
        ran = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, text=True, env={**os.environ, "AWS_PAGER": ""}
        )
    except FileNotFoundError:
        raise DeployError("There is no `aws`: install the AWS command line interface") from None
    if ran.returncode != 0:
        print(ran.stdout, end="")
        raise DeployError(f"`{shlex.join(command[:3])}` failed")
    return ran.stdout


def by_saying(command: Sequence[str]) -> str:
    """Say a command, and run nothing."""
    print(f"+ {shlex.join(command)}")
    # What a description would tell, told by its name.
    return json.dumps([{"OutputKey": key, "OutputValue": f"<{key}>"} for key in ("PackageBucketName", "EndpointURL")])


def output(run: Run, stack: str, key: str) -> str:
    """What a stack says under this name."""
    how = ["--query", "Stacks[0].Outputs", "--output", "json"]
    outputs = json.loads(run(["aws", "cloudformation", "describe-stacks", "--stack-name", stack, *how]))
    found: str = next(one["OutputValue"] for one in outputs if one["OutputKey"] == key)
    return found

"""`python -m infra.packaging package|deploy|destroy STAGE`, and `lock`; variables of make come by the environment."""

import os
import sys

from infra.app import config
from infra.packaging import deploy, destroy, lock, package, target
from infra.packaging.archive import TooLargeError

USAGE = "python -m infra.packaging package|deploy|destroy STAGE, or lock"
_OURS = (config.StageError, deploy.DeployError, target.NoInterpreterError, target.PackageError, TooLargeError)


def main(words: list[str]) -> int:
    """Run a command; gives the exit status."""
    try:
        match words:
            case ["lock"]:
                lock.write()
            case ["package", stage]:
                _package(stage)
            case ["deploy", stage]:
                _deploy(stage)
            case ["destroy", stage]:
                return _destroy(stage)
            case _:
                print(USAGE, file=sys.stderr)
                return 2
    except _OURS as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _package(stage: str) -> package.Package:
    made = package.make(stage)
    size = (made.directory / package.ZIP).stat().st_size
    print(f"{made.directory}: {package.ZIP} of {size / 2**20:.1f} MiB, SHA-256 {made.digest}")
    return made


def _deploy(stage: str) -> None:
    order = deploy.Order.of(config.stage(stage), os.environ)
    run = deploy.by_saying if os.environ.get("DRY_RUN") else deploy.by_subprocess
    deploying = deploy.Deploying(order, run)
    if version := os.environ.get("TO"):
        address = deploying.back(version, package.place() / stage)
    else:
        address = deploying.forward(_package(stage))
    print(f"Deployed: {address}")


def _destroy(stage: str) -> int:
    order, data = deploy.Order.of(config.stage(stage), os.environ), os.environ.get("DATA", "keep")
    if data not in {"keep", destroy.DELETE}:
        raise deploy.DeployError(f"DATA is keep or {destroy.DELETE}, not {data}")
    sure = os.environ.get("YES") == order.deployment
    account = _account() if sure else "ACCOUNT-REGION"
    goes = destroy.doomed(order, data, account)
    print("\n".join(goes.lines()))
    if not sure:
        print(f"Nothing was removed. To do it: the same with YES={order.deployment}")
        return 0
    _remove(order, goes)
    return 0


def _remove(order: deploy.Order, goes: destroy.Doomed) -> None:
    run = deploy.by_subprocess
    if goes.key is None:
        destroy.remove_stacks(goes.stacks, run)
        return
    import boto3  # noqa: PLC0415 - a person who removes data waits for more than this

    session = boto3.Session()
    packages = deploy.output(run, order.stack("data"), "PackageBucketName")
    buckets = [goes.buckets[0], goes.buckets[1], packages]
    # CloudFormation deletes the staging bucket itself, which must be empty then.
    destroy.empty(session, goes.buckets[1])
    destroy.remove_stacks(goes.stacks, run)
    destroy.remove_data(session, goes.tables, buckets, goes.key)


def _account() -> str:
    import boto3  # noqa: PLC0415 - see above

    session = boto3.Session()
    return f"{session.client('sts').get_caller_identity()['Account']}-{session.region_name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

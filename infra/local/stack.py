"""The stack that `make run` serves: its settings, its books in order, and a demo account to begin with."""

import http.client
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from chalicelib import aws
from chalicelib.composition import Services, services
from chalicelib.identity import Credential
from chalicelib.identity.errors import AccountExistsError
from chalicelib.members import keyring
from chalicelib.members.errors import UserExistsError
from chalicelib.members.populations import FLUX
from chalicelib.members.tables import FluxKeyRow
from chalicelib.settings import Settings
from chalicelib.web.errors import Refusal
from chalicelib.workers.finding import Finding
from chalicelib.workers.reconcile import GRACE_SECONDS
from infra import environment
from infra.local import blog
from infra.local.emulator import CREDENTIALS
from infra.local.process import LocalAws
from infra.provision import provision

DEMO_ZELID = "demo"
DEMO_KEY = "make run"
DEMO_EMAIL = "demo@example.com"
MANAGING = ("ENV_KEY", "MANAGEMENT_EMAIL", "MANAGEMENT_PASSWORD", "MANAGEMENT_PUBLIC_KEY", "MANAGEMENT_SECRET_KEY")

READING = ("FLUX_PREFIX", "FLUX_PUBLIC_KEY", "FLUX_SECRET_KEY")

_STACK = {
    "STAGE": "local",
    "AWS_REGION": "us-east-1",
    "TABLE_PREFIX": "fluxvault-local-",
    "BLOB_BUCKET": "fluxvault-local-blobs",
    # One process, on a machine of its own: no answer is too long but for memory.
    "MAX_INLINE_BYTES": "0",
    "ROUTE_CACHE_SECONDS": "0",
    "KMS_KEY_ID": "alias/fluxvault-local",
    "CACHE_URL": "embedded",
}


@contextmanager
def an_aws(local: Path) -> Iterator[LocalAws | None]:
    """An AWS to run on: the one of `AWS_ENDPOINT_URL` (gives None), or one of our own with its state in `local`."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        yield None
        return
    with LocalAws(local / "aws") as own:
        os.environ.update({"AWS_ENDPOINT_URL": own.endpoint_url, **CREDENTIALS})
        yield own


def configure(local: Path, public_url: str) -> Settings:
    """The settings of the local stack; left in `local` for operator's commands and `chalice local`."""
    values = {**_STACK, "PUBLIC_URL": public_url}
    values |= {name: os.environ[name] for name in values if os.environ.get(name)}
    os.environ.update(values)
    # Credentials of another AWS are the user's, and not to be written anywhere.
    kept = {name: made_up for name, made_up in CREDENTIALS.items() if os.environ.get(name) == made_up}
    environment.write(
        local / environment.STACK_FILE,
        {**values, "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"], **kept},
    )
    return Settings.from_env(os.environ)


def prepare(settings: Settings, own: LocalAws | None) -> tuple[Services, list[Finding]]:
    """Make what is missing, check the books and put them right; gives the services and what was found.

    On an AWS of our own nobody else is at work, so nothing is too young to be checked.
    """
    system = services(settings)
    provision(aws.current())
    # The first generation exists, and is saved, before anything is wrapped under it.
    system.keys.secret("start")
    found = system.reconciler(0 if own else GRACE_SECONDS).check(repair=True)
    if own:
        save(own)
    return system, found


def demo(system: Services, local: Path, base_url: str) -> dict[str, str]:
    """What a script needs to use the demo account; a key that still works is kept. Also written to `local`."""
    path = local / environment.DEMO_FILE
    kept = dict(dotenv_values(path)) if path.exists() else {}
    key = kept.get("API_KEY_SECRET")
    if not (key and _works(system, DEMO_ZELID, key)):
        with suppress(AccountExistsError):
            system.accounts.create(DEMO_ZELID, "STARTER")
        _, key = system.accounts.issue_key(DEMO_ZELID, DEMO_KEY)
    managing = _managing(system, DEMO_ZELID, kept)
    credential = Credential.of(DEMO_ZELID, key)
    if credential is not None and os.environ.get("EXAMPLE") != "none":
        # Who has filled the account, or has an API in the example's place, has no need of one.
        with suppress(Refusal):
            blog.publish(system, credential, managing["ENV_KEY"])
    reading = _reading(managing["ENV_KEY"], kept)
    values = {"BASE_URL": base_url, "ZELID": DEMO_ZELID, "API_KEY_SECRET": key, **managing, **reading}
    environment.write(path, values)
    return values


def _reading(space: str, kept: Mapping[str, str | None]) -> dict[str, str]:
    """The prefix of the demo API, and a key that reads it; the one that was described before, if it still stands."""
    public, secret = kept.get("FLUX_PUBLIC_KEY"), kept.get("FLUX_SECRET_KEY")
    row = aws.get(FluxKeyRow, public) if public and secret else None
    if not (row is not None and row.environment == space and public and secret):
        issued, secret = keyring.issue_key(FLUX, space, DEMO_KEY, keyring.Given(None))
        public = issued.public
    return dict(zip(READING, (blog.PREFIX, public, secret), strict=True))


def _managing(system: Services, zelid: str, kept: Mapping[str, str | None]) -> dict[str, str]:
    """A demo environment, with a user and a key who manage it; those that were described before, if they still work."""
    publishing = system.publishing
    known = {name: kept.get(name) or "" for name in MANAGING}
    with suppress(Refusal):
        if all(known.values()):
            publishing.users.sign_in(known["MANAGEMENT_EMAIL"], known["MANAGEMENT_PASSWORD"])
            return known
    fresh = secrets.token_urlsafe(12)
    try:
        publishing.users.add(DEMO_EMAIL, fresh, zelid)
    except UserExistsError:
        publishing.users.set_password(DEMO_EMAIL, fresh)
    space = publishing.members.open(zelid, "Demo")
    row, secret = publishing.members.issue_key(space.key, DEMO_KEY)
    return dict(zip(MANAGING, (space.key, DEMO_EMAIL, fresh, row.public, secret), strict=True))


def save(own: LocalAws) -> None:
    """Let our AWS save its state now."""
    connection = http.client.HTTPConnection(urlsplit(own.endpoint_url).netloc, timeout=60)
    try:
        connection.request("POST", "/_fluxvault/save")
        connection.getresponse().read()
    finally:
        connection.close()


def _works(system: Services, zelid: str, key: str) -> bool:
    credential = Credential.of(zelid, key)
    if credential is None:
        return False
    try:
        system.drive.enter(credential, "write")
    except Refusal:
        return False
    return True

"""Who manages what the target publishes: what `make run` left in `demo.env`, or the caller's environment says."""

import os
from dataclasses import dataclass
from typing import Self

import httpx
import pytest

from tests.acceptance.client import Target
from tests.acceptance.running import Running

NAMES = ("ENV_KEY", "MANAGEMENT_EMAIL", "MANAGEMENT_PASSWORD", "MANAGEMENT_PUBLIC_KEY", "MANAGEMENT_SECRET_KEY")


@dataclass(frozen=True)
class Publisher:
    """An environment, a key of it, and an access token of its user."""

    base_url: str
    env: str
    public: str
    secret: str
    access: str

    @classmethod
    def of(cls, running: Running | None, target: Target) -> Self:
        """Sign in; skips where the caller of the suite gave no credentials for this."""
        given = running.demo if running else os.environ
        missing = [name for name in NAMES if not given.get(name)]
        if missing and running is None:
            pytest.skip(f"nobody manages this target: set {', '.join(missing)}")
        assert not missing
        with target.client() as client:
            who = {"email": given["MANAGEMENT_EMAIL"], "password": given["MANAGEMENT_PASSWORD"]}
            answer = client.post("/account/auth/", json=who)
        assert answer.status_code == 200, answer.text
        access = answer.json()["access"]
        return cls(
            target.base_url, given["ENV_KEY"], given["MANAGEMENT_PUBLIC_KEY"], given["MANAGEMENT_SECRET_KEY"], access
        )

    def client(self) -> httpx.Client:
        """A client of the environment."""
        headers = {"Authorization": f"Bearer {self.access}"}
        return httpx.Client(base_url=f"{self.base_url}/v1/{self.env}", headers=headers, timeout=60)

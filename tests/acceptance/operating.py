"""The operator's commands of the target's deployment, as subprocesses: a black box too."""

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from tests.acceptance.client import Account
from tests.acceptance.running import REPOSITORY


class Operator:
    """`python -m infra.admin`, in an environment that names a deployment."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        command = [sys.executable, "-m", "infra.admin", "--json", *args]
        return subprocess.run(
            command, cwd=REPOSITORY, env=self._variables, capture_output=True, text=True, timeout=60, check=False
        )

    def __call__(self, *args: str) -> Any:
        """Run a command that must succeed; gives its answer."""
        done = self.run(*args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def account(self, *options: str, plan: str = "STARTER") -> Account:
        """A fresh account with a key for everything."""
        zelid = f"acceptance-{uuid.uuid4().hex[:16]}"
        self("account", "create", zelid, "--plan", plan, *options)
        return Account(zelid, self("key", "issue", zelid, "acceptance")["secret"])

    def knows(self, account: Account) -> bool:
        """Whether these commands act on the deployment that issued the account's key."""
        done = self.run("key", "list", account.zelid)
        keys = json.loads(done.stdout) if done.returncode == 0 else []
        return any(account.key.startswith(key["prefix"]) for key in keys)

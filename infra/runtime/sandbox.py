"""One runtime process, and how Lambda treats it: one event at a time, killed when it takes too long."""

import os
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import TimeoutError as OutOfTimeError
from dataclasses import dataclass
from pathlib import Path

from infra.runtime.api import Invocation, Outcome, RuntimeApi
from infra.runtime.task import Task

INIT_SECONDS = 30.0
"""What a process may take until it asks for its first event; Lambda gives it 10, on a machine of its own."""
END_SECONDS = 10.0
ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a function is, as far as its processes need to know.

    Attributes:
        name: Of the function.
        handler: Module and name, such as `app.app`.
        task: What it is run from.
        variables: Its environment, as the template says, and how to reach AWS.
        seconds: What an event may take.
        memory: In MiB; told to the function, not enforced.
        log: File that takes what its processes print.
    """

    name: str
    handler: str
    task: Task
    variables: Mapping[str, str]
    seconds: float
    memory: int
    log: Path

    @property
    def region(self) -> str:
        """Where it believes to be."""
        return self.variables.get("AWS_REGION", "us-east-1")

    @property
    def arn(self) -> str:
        """What Lambda would call it."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"

    def environment(self, api: str) -> dict[str, str]:
        """All variables of a process: Lambda's own, and the function's."""
        region = self.region
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            # The client is found after the task, and nothing that is installed on this machine is found at all.
            "PYTHONPATH": str(self.task.client),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(self.task.directory),
            "LAMBDA_RUNTIME_DIR": str(self.task.client),
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "_HANDLER": self.handler,
            **self.variables,
        }


class Sandbox:
    """A process of a function; what Lambda calls an execution environment."""

    def __init__(self, recipe: Recipe) -> None:
        """Start the process, and wait for nothing."""
        self._recipe = recipe
        self._api = RuntimeApi()
        with recipe.log.open("ab") as log:
            self._process = subprocess.Popen(
                # -S: no site-packages of this machine.
                [recipe.task.python, "-S", "-m", "awslambdaric", recipe.handler],
                cwd=recipe.task.directory,
                env=recipe.environment(self._api.address),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for whoever started all this.
                start_new_session=True,
            )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None and not self._api.ended

    def invoke(self, payload: bytes) -> Outcome:
        """Let it do one event; waits for what comes of it."""
        recipe = self._recipe
        if not self._api.begun.wait(INIT_SECONDS):
            self.kill()
            return Outcome.error("Sandbox.Timedout", f"Init did not end in {INIT_SECONDS:.0f} seconds")
        invocation = Invocation(payload, recipe.arn, recipe.seconds)
        self._api.submit(invocation)
        try:
            return invocation.outcome.result(recipe.seconds)
        except OutOfTimeError:
            self.kill()
            text = f"RequestId: {invocation.request_id} Error: Task timed out after {recipe.seconds:.2f} seconds"
            return Outcome.error("Sandbox.Timedout", text)

    def kill(self) -> None:
        """End the process at once, as Lambda does; it never hears of it."""
        self._process.kill()
        self._process.wait(END_SECONDS)
        self._api.close()

    def _watch(self) -> None:
        code = self._process.wait()
        self._api.over(Outcome.error("Runtime.ExitError", f"Runtime exited with status {code}"))

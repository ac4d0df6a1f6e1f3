import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

import pytest

from infra.runtime import task
from infra.runtime.function import Function
from infra.runtime.sandbox import Recipe

HERE = Path(__file__).parent
Make = Callable[..., Function]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker makes what is run; elsewhere these processes would take each other's time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("runtime"))
            item.add_marker(pytest.mark.skipif(sys.platform != "linux", reason="the runtime client is for Linux alone"))


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> task.Task:
    """The content of the package, for the Python that runs this."""
    return task.of_here(tmp_path_factory.mktemp("runtime") / "packaged")


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> task.Task:
    return task.empty_here(tmp_path_factory.mktemp("runtime") / "empty")


@pytest.fixture
def function(_empty: task.Task, tmp_path: Path) -> Iterator[Make]:
    """Makes a function of a module's source, whose entry point is called `handler`."""

    def make(source: str, *, seconds: float = 20, most: int = 1) -> Function:
        directory = tmp_path / "task"
        directory.mkdir(exist_ok=True)
        (directory / "module.py").write_text(dedent(source))
        made = task.Task(directory, _empty.client, _empty.python, "a test's")
        recipe = Recipe("tested", "module.handler", made, {"MINE": "yes"}, seconds, 128, tmp_path / "log")
        return until.enter_context(Function(recipe, most))

    with ExitStack() as until:
        yield make

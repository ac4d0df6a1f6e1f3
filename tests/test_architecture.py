"""Small rooms, and arrows that point one way."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MODULES = sorted(path for package in ("chalicelib", "client", "infra") for path in (PROJECT / package).rglob("*.py"))
MOST_LINES = 300
"""Of a module."""
MOST_LINES_OF_FUNCTION = 45


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Every function with its lines, from its first decorator to its end; what is nested counts for both."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_rooms_are_small(path: Path) -> None:
    source = path.read_text()

    assert len(source.splitlines()) <= MOST_LINES
    assert [(name, lines) for name, lines in functions(source) if lines > MOST_LINES_OF_FUNCTION] == []


def test_functions_are_measured_with_all_that_belongs_to_them() -> None:
    source = "@one\n@two(\n    3,\n)\ndef outer():\n    async def inner():\n        pass\n\n    return inner\n"

    assert sorted(functions(source)) == [("inner", 2), ("outer", 9)]


def contracts() -> list[dict[str, object]]:
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    found: list[dict[str, object]] = pyproject["tool"]["importlinter"]["contracts"]
    return found


def layers() -> list[set[str]]:
    """The layers of the contract over the whole, from the top; packages of one layer together."""
    (names,) = [c["layers"] for c in contracts() if c["type"] == "layers" and "containers" not in c]
    assert isinstance(names, list)
    return [{name.strip(" ()") for name in layer.replace(":", "|").split("|")} for layer in names]


def test_the_contract_names_every_package_under_chalicelib() -> None:
    inside = {path for path in (PROJECT / "chalicelib").iterdir() if not path.name.startswith("_")}
    packages = {f"chalicelib.{path.stem}" for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert packages <= set[str]().union(*layers())


def test_every_domain_has_its_rooms_in_the_contract() -> None:
    """A package with routes and a service is a domain, whose rooms the second contract keeps in order."""
    containers = next(c["containers"] for c in contracts() if "containers" in c)
    routes = {path.parent for path in (PROJECT / "chalicelib").glob("*/routes.py")}

    assert isinstance(containers, list)
    assert {f"chalicelib.{path.name}" for path in routes if (path / "service.py").exists()} <= set(containers)


def test_layers_point_one_way() -> None:
    """The order of decision-makers over tools, in case the contract itself is edited."""
    height = {name: at for at, layer in enumerate(layers()) for name in layer}
    above = [
        ("workers", "drive"),
        ("drive", "blobs"),
        ("drive", "metadata"),
        ("drive", "identity"),
        ("blobs", "keys"),
        ("drive", "ipfs"),
        ("keys", "web"),
        ("ipfs", "web"),
        ("web", "aws"),
        ("aws", "settings"),
    ]

    assert [pair for pair in above if height[f"chalicelib.{pair[0]}"] >= height[f"chalicelib.{pair[1]}"]] == []

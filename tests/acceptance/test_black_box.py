"""This suite is a black box: it could be handed to somebody who has the documents and a base URL, and nothing else."""

import ast
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALLOWED = {"pytest", "httpx", "PIL", "foxnose_sdk", "langchain_foxnose", "tests.acceptance", *sys.stdlib_module_names}


@pytest.mark.parametrize("file", sorted(HERE.glob("*.py")), ids=lambda file: file.name)
def test_it_imports_nothing_of_the_product(file: Path) -> None:
    tree = ast.parse(file.read_text())
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    strange = [name for name in imported if not any(name == one or name.startswith(f"{one}.") for one in ALLOWED)]

    assert not strange

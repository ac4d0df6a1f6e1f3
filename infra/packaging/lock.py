"""The lock: the very files that the package is made of, by their digests.

`requirements.txt` names versions; of each, the lock names the one file that fits Lambda. It is a file of its own since
pip, once it sees one digest, demands them of all that is installed with it, tools for development too.
"""

import json
from pathlib import Path
from typing import Any

from infra.packaging import target

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
LOCK = Path(__file__).with_name("requirements.lock")
_HEAD = f"""\
# Made from requirements.txt by: python -m infra.packaging lock
# The files for Lambda's Python {target.VERSION} on x86_64, by digest. Nothing else gets into the package.
"""


def write() -> None:
    """Ask the registry for the files of `requirements.txt`, and write the lock."""
    LOCK.write_text(_HEAD + "".join(_lines(_resolved())))


def pins(path: Path) -> dict[str, str]:
    """Names, as the registry normalises them, and versions in a file of requirements."""
    words = (line.split()[0] for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    split = (word.split("==") for word in words)
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, version in split}


def _resolved() -> list[dict[str, Any]]:
    # No --no-deps: what a package brings and the requirements do not name would be missing on Lambda.
    quiet = ["--quiet", "--disable-pip-version-check", "--dry-run", "--ignore-installed"]
    fetch = [*target.pip_options(), "--target", "nowhere", "--report", "-", "-r", str(REQUIREMENTS)]
    found: list[dict[str, Any]] = json.loads(target.pip(*quiet, *fetch))["install"]
    return found


def _lines(files: list[dict[str, Any]]) -> list[str]:
    def line(file: dict[str, Any]) -> str:
        name = file["metadata"]["name"].lower().replace("_", "-").replace(".", "-")
        digest = file["download_info"]["archive_info"]["hashes"]["sha256"]
        return f"{name}=={file['metadata']['version']} --hash=sha256:{digest}\n"

    return sorted(map(line, files))

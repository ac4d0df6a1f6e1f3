import re
import subprocess

import pytest

from tests.acceptance.running import REPOSITORY, environment

GROUPS = {
    "Use it": {"run"},
    "Test it": {"test", "unit", "acceptance", "check"},
    "Work on it": {"lint", "types", "imports", "format", "clean"},
}


@pytest.mark.parametrize("command", [["make"], ["make", "help"]])
def test_make_help_lists_the_targets_in_groups(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(REPOSITORY), capture_output=True, text=True, check=True
    )

    found: dict[str, set[str]] = {}
    group = ""
    for line in done.stdout.splitlines():
        if target := re.fullmatch(r"  make ([a-z-]+) +(\S.*)", line):
            found.setdefault(group, set()).add(target[1])
        elif line:
            group = line
    assert found.pop("") == {"help"}
    assert {name: found[name] >= least for name, least in GROUPS.items()} == dict.fromkeys(GROUPS, True)


def test_every_target_is_listed() -> None:
    text = (REPOSITORY / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony

    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))

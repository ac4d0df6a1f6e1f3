import json

import pytest
from typer.testing import CliRunner

from client import __version__, listing
from client.cli import app
from client.screen import shown, size
from tests.client.conftest import Cli
from tests.client.faking import Drive
from tests.client.serving import Fault, instead

COMMANDS = ["config", "login", "logout", "put", "putfolder", "ls", "get", "rm", "status", "abort", "keys"]
KEYS = ["keys list", "keys create", "keys revoke"]


def test_ls_lists_all_pages(cli: Cli, drive: Drive) -> None:
    drive.page = 2
    names = [f"{number}.txt" for number in range(5)]
    for name in names:
        drive.add(name.encode(), name)
    drive.add_folder({"a": b"a"}, "photos")

    found = cli.json("ls")["files"]

    assert [one["name"] for one in found] == [*names, "photos"]
    assert [one.get("type") for one in found] == [None] * 5 + ["folder"]
    assert [one.query for one in drive.api.log] == [{}, {"cursor": "2"}, {"cursor": "4"}]


def test_ls_for_people(cli: Cli, drive: Drive) -> None:
    cid = drive.add(b"x" * 1536, "a.bin")

    ran = cli("ls")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{cid}    1.5 KiB  20")
    assert ran.out.endswith("  a.bin\n")


def test_ls_of_nothing(cli: Cli) -> None:
    assert cli("ls").out == "nothing here\n"
    assert cli.json("ls") == {"files": []}


def test_ls_of_a_folder_names_it(cli: Cli, drive: Drive) -> None:
    cid = drive.add(b"x")

    cli("ls", f"/ipfs/{cid}/sub/")

    assert drive.api.log[0].query == {"arg": f"{cid}/sub"}


@pytest.mark.parametrize(("columns", "lines"), [(None, 1), (120, 1), (99, 3), (50, 3)])
def test_entries_fit_a_narrow_terminal(columns: int | None, lines: int) -> None:
    entry = {"hash": "Qm" + "a" * 44, "name": "a.bin", "size": 5, "timestamp": 1_700_000_000_000, "type": "folder"}

    found = list(listing.lines([entry], columns))

    assert len(found) == lines
    assert found[0].endswith("a.bin/")
    assert all(len(line) <= (columns or 999) for line in found)


def test_names_cannot_steer_the_terminal(cli: Cli, drive: Drive) -> None:
    drive.add(b"x", "a\x1b[2Jb\n\u202ec")

    assert cli("ls").out.endswith("a\\x1b[2Jb\\n\\u202ec\n")


def test_status(cli: Cli) -> None:
    assert cli("status").out.splitlines() == [
        "account     alice",
        "plan        STARTER",
        "used        5 B of 10.0 GiB",
        "free        10.0 GiB",
        "paid until  -",
    ]
    assert cli.json("status")["result"]["storage_used"] == 5


def test_rm(cli: Cli, drive: Drive) -> None:
    cid = drive.add(b"x")

    assert cli.json("rm", cid) == {"removed": cid}
    assert drive.stored == {}
    again = cli("rm", cid, "--json")
    assert (again.code, again.document["code"]) == (4, "file_not_found")


def test_rm_whose_answer_was_lost_is_done(cli: Cli, drive: Drive) -> None:
    """The first try was heard, and its answer lost; the second finds nothing left."""
    cid = drive.add(b"x")
    drive.api.faults.append(Fault("POST /api/v0/rm", lambda request, answer: answer(request) and None))

    assert cli.json("rm", cid) == {"removed": cid}


@pytest.mark.parametrize(
    "address", ["", "foo", "Qm", "/ipfs/", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"]
)
@pytest.mark.parametrize("command", ["get", "rm"])
def test_what_is_no_hash(command: str, address: str, cli: Cli, drive: Drive) -> None:
    ran = cli(command, address)

    assert (ran.code, drive.api.log) == (2, [])
    assert "is no hash" in ran.err


def test_rm_takes_whole_things_alone(cli: Cli, drive: Drive) -> None:
    assert "Only a whole" in cli("rm", f"{drive.add(b'x')}/a").err


def test_wrong_credentials(cli: Cli) -> None:
    ran = cli("ls", FLUXVAULT_API_KEY="wrong")

    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert ran.err.startswith("Invalid credentials: check FLUXVAULT_ZELID")


def test_errors_in_json_are_documents_too(cli: Cli) -> None:
    ran = cli("--json", "ls", FLUXVAULT_API_KEY="wrong")

    assert ran.code == 3
    assert ran.document.keys() == {"error", "code"}
    assert ran.document["code"] == "invalid_credentials"


def test_nobody_there(cli: Cli) -> None:
    ran = cli("ls", FLUXVAULT_URL="http://127.0.0.1:1")

    assert (ran.code, ran.err.count("\n")) == (7, 1)
    assert "cannot be reached: Connection refused" in ran.err


def test_json_stands_before_or_after_the_command(cli: Cli) -> None:
    assert json.loads(cli("--json", "ls").out) == json.loads(cli("ls", "--json").out)


def test_waiting_is_announced_and_stdout_stays_clean(cli: Cli, drive: Drive, waits: list[float]) -> None:
    drive.api.faults.append(Fault("POST /api/v0/ls", instead(429, {"message": "Too many requests"}, Retry_After="7")))

    ran = cli("ls", "--json")

    assert (waits, ran.document) == ([7.0], {"files": []})
    assert ran.err == "Too many requests; trying again in 7 s\n"


@pytest.mark.parametrize("command", ["", *COMMANDS, *KEYS])
@pytest.mark.parametrize("columns", [60, 120])
def test_help_fits(command: str, columns: int) -> None:
    ran = CliRunner().invoke(app, [*command.split(), "--help"], terminal_width=columns)

    assert ran.exit_code == 0
    assert max(map(len, ran.stdout.splitlines())) <= columns
    assert [line for line in ran.stdout.splitlines()[1:] if line.endswith("...")] == []


def test_help_names_every_command_and_exit_code(cli: Cli) -> None:
    out = cli("--help").out

    assert [name for name in COMMANDS if f"  {name} " not in out] == []
    assert [code for code in (0, 1, 2, 3, 4, 5, 6, 7, 130) if f" {code}  " not in out] == []


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"{__version__}\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**20 - 1, "1.0 MiB"),
        (5 * 2**30, "5.0 GiB"),
        (2**40, "1.0 TiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_text_for_a_terminal() -> None:
    assert shown("né 日本\t\udcff") == "né 日本\\t\\udcff"

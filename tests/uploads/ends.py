"""How an upload may have ended, and what must hold then."""

from tests.drive.asking import read, refusal
from tests.support.books import listed
from tests.support.system import System, User
from tests.uploads.sending import NOTHING, Contents, address, ask, check, check_nothing, leftovers, state

ENDED = (409, "Upload has ended", "upload_ended")


def failed(why: str) -> tuple[int, str, str]:
    """What is told to who goes on with an upload that failed."""
    return 409, f"Upload failed: {why}", "upload_failed"


def check_failed(system: System, user: User, upload: str, reason: str, text: str) -> None:
    """It has failed for good, says so to every call, and left nothing."""
    told = state(system, user, upload)
    assert (told["state"], told["reason"], told["parts"]) == ("failed", reason, [])
    assert "result" not in told
    assert refusal(ask(system, user, "complete", upload)) == failed(text)
    assert refusal(ask(system, user, "abort", upload)) == ENDED
    check_nothing(system, user)
    assert state(system, user, upload) == told


def check_done(system: System, user: User, upload: str, contents: Contents) -> None:
    """It has become one folder, with the right address, and nothing else is left of it."""
    cid, size = address(contents), sum(map(len, contents.values()))
    assert state(system, user, upload)["result"]["folder"]["hash"] == cid
    assert listed(system, user) == {cid: cid}
    for path, data in contents.items():
        assert read(system, user, f"{cid}/{path}").body == data
    left = leftovers(system)
    assert left == {**NOTHING, "objects": left["objects"]}
    assert len(left["objects"]) == sum(1 for data in contents.values() if data)
    check(system, user, used=size, files=1, size=size)

"""`POST /api/v1/dek/rewrap` and `/api/v1/dek/batch`: many keys in one call, and none of them seen by anybody."""

import base64
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.keys import Keys
from tests.keys.test_altered import flipped, text
from tests.support.calls import Calls
from tests.support.logs import recorded
from tests.support.markers import hides
from tests.support.ministack import Ministack
from tests.support.system import Answer, System

MOST_ITEMS = 100
DEK = "pl41n_d3k_k3y_32b1ts_0000000000"
NOT_TEXT: list[Any] = [None, 1, 1.5, True, [DEK], {"dek": DEK}]
NO_DEK = [*NOT_TEXT, "", "x" * 4097, "é" * 2049]
NO_DEK_ENC = [*NOT_TEXT, "", "A", "é", "enc_k3y_wr4pp3d_by_m4st3r_k3y_00", "A" * 8193]


FIELD = {"wrap": "dekEnc", "unwrap": "dek", "rewrap": "dekEnc"}


def batch(system: System, op: object, items: object) -> Answer:
    return system.call("POST", "/api/v1/dek/batch", body={"op": op, "items": items})


def results(system: System, op: str, items: Sequence[Any]) -> list[dict[str, str]]:
    answer = batch(system, op, items)
    assert (answer.status, list(answer.json)) == (200, ["results"])
    return list(answer.json["results"])


def single(system: System, op: str, item: Any) -> Answer:
    return system.call("POST", f"/api/v1/dek/{op}", body={"dek" if op == "wrap" else "dekEnc": item})


@pytest.fixture
def wrapped(keys: Keys) -> str:
    """A DEK under generation 1, where generation 2 is current; the app, which has yet to look, will find it so."""
    wrapped = keys.wrap(DEK.encode())
    keys.add_generation()
    return wrapped


def test_rewrap_is_the_same_dek_under_the_current_generation(system: System, keys: Keys, wrapped: str) -> None:
    answer = single(system, "rewrap", wrapped)

    assert (answer.status, list(answer.json)) == (200, ["dekEnc"])
    again = answer.json["dekEnc"]
    assert [keys.generation_of(one) for one in (wrapped, again)] == [1, 2]
    assert single(system, "unwrap", again).json == {"dek": DEK}
    assert single(system, "unwrap", wrapped).json == {"dek": DEK}


def test_what_is_under_the_current_generation_is_wrapped_anew_too(system: System, keys: Keys) -> None:
    wrapped = keys.wrap(DEK.encode())
    again = [single(system, "rewrap", wrapped).json["dekEnc"] for _ in range(3)]

    assert len({wrapped, *again}) == 4
    assert {keys.unwrap(one) for one in again} == {DEK.encode()}


def test_no_plaintext_leaves_with_a_rewrap(system: System, wrapped: str, capsys: pytest.CaptureFixture[str]) -> None:
    with recorded(capsys) as logs:
        answers = [single(system, "rewrap", wrapped), batch(system, "rewrap", [wrapped] * 5 + [wrapped[:-1], DEK])]

    assert [answer.status for answer in answers] == [200, 200]
    assert logs.text.count('"message":"request"') == 2
    assert not hides(DEK.encode(), [*(answer.body for answer in answers), *(a.headers for a in answers), logs.text])
    assert wrapped[:40] not in logs.text


def test_every_flipped_bit_is_refused_by_rewrap_too(system: System, keys: Keys) -> None:
    raw = base64.urlsafe_b64decode(keys.wrap(DEK.encode()) + "==")
    altered = [text(one) for one in flipped(raw)]
    assert len(altered) > 2000

    for start in range(0, len(altered), MOST_ITEMS):
        some = altered[start : start + MOST_ITEMS]
        assert results(system, "rewrap", some) == [{"error": "invalid_enc_dek"}] * len(some)
    assert single(system, "rewrap", altered[0]).json == {"error": "invalid_enc_dek"}


def test_every_item_gets_its_own_result_in_order(system: System, keys: Keys) -> None:
    deks = [f"dek {number}" for number in range(MOST_ITEMS)]

    wrapped = [one["dekEnc"] for one in results(system, "wrap", deks)]
    rewrapped = [one["dekEnc"] for one in results(system, "rewrap", wrapped)]

    assert len({*wrapped, *rewrapped}) == 2 * MOST_ITEMS
    for some in (wrapped, rewrapped):
        assert [keys.unwrap(one).decode() for one in some] == deks
        assert results(system, "unwrap", some) == [{"dek": dek} for dek in deks]


def test_bad_items_fail_alone(system: System, keys: Keys) -> None:
    wrapped = [keys.wrap(b"first"), keys.wrap(b"last")]
    refused = [{"error": "invalid_enc_dek"}] * len(NO_DEK_ENC)

    assert results(system, "unwrap", [wrapped[0], *NO_DEK_ENC, wrapped[1]]) == [
        {"dek": "first"},
        *refused,
        {"dek": "last"},
    ]
    first, *middle, last = results(system, "rewrap", [wrapped[0], *NO_DEK_ENC, wrapped[1]])
    assert middle == refused
    assert [keys.unwrap(one["dekEnc"]) for one in (first, last)] == [b"first", b"last"]
    first, *middle, last = results(system, "wrap", ["first", *NO_DEK, "last"])
    assert middle == [{"error": "invalid_dek"}] * len(NO_DEK)
    assert [keys.unwrap(one["dekEnc"]) for one in (first, last)] == [b"first", b"last"]


@pytest.mark.parametrize(("op", "bad"), [("wrap", NO_DEK), ("unwrap", NO_DEK_ENC), ("rewrap", NO_DEK_ENC)])
def test_a_single_call_is_a_batch_of_one(
    system: System, keys: Keys, monkeypatch: pytest.MonkeyPatch, op: str, bad: list[Any]
) -> None:
    """By what it answers, and by the code it goes through."""
    seen: list[tuple[str, list[object]]] = []
    original = Keys.batch

    def watched(self: Keys, op: Any, items: Sequence[object]) -> Any:
        seen.append((op, list(items)))
        return original(self, op, items)

    monkeypatch.setattr(Keys, "batch", watched)
    for item in [DEK if op == "wrap" else keys.wrap(DEK.encode()), *bad]:
        answer, (result,) = single(system, op, item), results(system, op, [item])

        assert answer.status == (400 if "error" in result else 200)
        assert answer.json.keys() == result.keys()
        assert answer.json.get("error") == result.get("error")
        assert seen[-2:] == [(op, [item])] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"op": "wrap", "items": []}, "items"),
        ({"op": "wrap", "items": [DEK] * (MOST_ITEMS + 1)}, "items"),
        ({"op": "wrap", "items": DEK}, "items"),
        ({"op": "wrap", "items": {"0": DEK}}, "items"),
        ({"op": "wrap", "items": None}, "items"),
        ({"op": "wrap"}, "items"),
        ({"items": [DEK]}, "op"),
        ({"op": None, "items": [DEK]}, "op"),
        ({"op": "Wrap", "items": [DEK]}, "op"),
        ({"op": "delete", "items": [DEK]}, "op"),
        ({"op": ["wrap"], "items": [DEK]}, "op"),
        ({"op": "wrap", "items": [DEK], "dek": DEK}, "dek"),
        ({"op": "wrap", "items": [DEK], "Items": [DEK]}, "Items"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_batch_of_another_shape_is_refused_whole(
    system: System, calls: Calls, body: dict[str, Any], field: str
) -> None:
    answer = system.call("POST", "/api/v1/dek/batch", body=body)

    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert [fault["field"] for fault in answer.json["detail"]] == [field]
    assert DEK not in answer.body.decode()
    assert calls.total == 0


@pytest.mark.parametrize("op", ["wrap", "unwrap", "rewrap"])
def test_a_disabled_key_is_403_for_the_whole_call(ministack: Ministack, op: str) -> None:
    """Also where some items need no key to be refused."""
    system = ministack.system(key_cache_seconds=0)
    wrapped = single(system, "wrap", DEK).json["dekEnc"]
    good = DEK if op == "wrap" else wrapped
    # By its id: MiniStack, as AWS, disables no key by its alias.
    described = system.aws.kms.describe_key(KeyId=system.aws.settings.kms_key_id)
    key_id = described["KeyMetadata"]["KeyId"]

    system.aws.kms.disable_key(KeyId=key_id)

    refused = (403, {"error": "key_disabled"})
    for answer in (batch(system, op, ["", good, 7]), single(system, op, good)):
        assert (answer.status, answer.json) == refused
    system.aws.kms.enable_key(KeyId=key_id)
    assert [list(one) for one in results(system, op, ["", good])] == [["error"], [FIELD[op]]]


def test_1000_warm_rewraps_call_nothing(system: System, calls: Calls, wrapped: str) -> None:
    calls.clear()
    single(system, "rewrap", wrapped)
    assert calls.by_operation()["Decrypt"] == 2
    calls.clear()

    dek_enc = wrapped
    for _ in range(500):
        dek_enc = single(system, "rewrap", dek_enc).json["dekEnc"]
    for _ in range(5):
        dek_enc = results(system, "rewrap", [dek_enc] * MOST_ITEMS)[-1]["dekEnc"]

    assert calls.total == 0
    assert single(system, "unwrap", dek_enc).json == {"dek": DEK}

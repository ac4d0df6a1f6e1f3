"""The operator's work in a process with a cache: what it changes and removes is not read from the cache afterwards."""

import pytest

from chalicelib import aws
from chalicelib.composition import Services, services
from chalicelib.metadata.cache import CacheUnavailableError
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.errors import RecordNotFoundError
from chalicelib.metadata.service import NewRecord, file_id
from chalicelib.metadata.tables import Record
from tests.support.system import System


@pytest.fixture
def made(system: System) -> Services:
    return services(system.aws.settings.model_copy(update={"cache_url": "embedded"}))


def a_cached_record(made: Services, held_by: str | None = None) -> Record:
    with aws.transaction() as tx:
        (record,) = made.metadata.add(tx, "somebody", [NewRecord("name", 1, "image/png", "old key")], held_by)
    assert made.metadata.get(file_id(record)).dek_enc == "old key"
    return record


def test_a_key_that_was_wrapped_anew(made: Services) -> None:
    record = a_cached_record(made)

    made.metadata.replace_dek(record, "new key")

    assert made.metadata.get(file_id(record)).dek_enc == "new key"


def test_a_record_that_the_check_of_the_books_removed(made: Services) -> None:
    """The drive holds it, and has no file of that name."""
    record = a_cached_record(made, held_by="drive")

    findings = made.reconciler(0).check(repair=True)

    assert "record_without_entry" in [finding.kind for finding in findings]
    with pytest.raises(RecordNotFoundError):
        made.metadata.get(file_id(record))


def test_without_the_cache_the_check_puts_that_repair_off(made: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    record = a_cached_record(made, held_by="drive")

    def bury(*_: object) -> None:
        raise CacheUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedCache, "bury", bury)
        made.reconciler(0).check(repair=True)
    assert made.metadata.get(file_id(record)).dek_enc == "old key"

    made.reconciler(0).check(repair=True)
    with pytest.raises(RecordNotFoundError):
        made.metadata.get(file_id(record))

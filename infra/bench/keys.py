"""Wrapping and unwrapping keys, beside KMS itself."""

from chalicelib.aws import current
from chalicelib.composition import Services
from infra.bench.measure import best, counted, line

MANY = 1_000


def run(system: Services) -> None:
    """Microseconds of a warm wrap and unwrap, of a direct KMS call, and AWS calls per 1,000."""
    dek = b"k" * 44
    wrapped = system.keys.wrap(dek)
    kms, key = current().kms, current().settings.kms_key_id
    direct = best(lambda: kms.encrypt(KeyId=key, Plaintext=dek)) * 1e6
    with counted(current()) as calls:
        wrap = best(lambda: [system.keys.wrap(dek) for _ in range(MANY)]) / MANY * 1e6
        unwrap = best(lambda: [system.keys.unwrap(wrapped) for _ in range(MANY)]) / MANY * 1e6
    print("keys, warm")
    line("wrap", f"{wrap:6.0f} us  {wrap / direct:.2f} of a KMS call to the local AWS")
    line("unwrap", f"{unwrap:6.0f} us  {unwrap / direct:.2f} of a KMS call to the local AWS")
    line("KMS call to the local AWS", f"{direct:6.0f} us")
    line("AWS calls per 1,000 of each", str(len(calls)))

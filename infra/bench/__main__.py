"""`make bench`: every timing of the project, over a local AWS that keeps nothing."""

import os

from chalicelib import aws
from chalicelib.composition import services
from chalicelib.settings import Settings
from infra.bench import coldstart, content, delivery, keys, records, transfer
from infra.local.process import LocalAws
from infra.provision import provision

SETTINGS = Settings(table_prefix="bench-", blob_bucket="bench-blobs", kms_key_id="alias/bench")


def main() -> None:
    """Print the report."""
    content.run()
    with LocalAws() as own:
        os.environ |= {
            "AWS_ENDPOINT_URL": own.endpoint_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        system = services(SETTINGS)
        provision(aws.current())
        keys.run(system)
        records.run(system)
        delivery.run()
    transfer.run()
    coldstart.run()


if __name__ == "__main__":
    main()

"""The entry point that Chalice and Lambda know: the app of this process, from its environment."""

import gc
import os

# Nothing that is loaded becomes garbage, and looking for it would take a seventh of a cold start.
gc.disable()

from chalicelib.composition import build  # noqa: E402 - see above
from chalicelib.settings import Settings  # noqa: E402

app = build(Settings.from_env(os.environ))

gc.freeze()
gc.enable()

# Lambda looks for each worker's function beside the app, by its name: `app.jobs`.
globals().update(app.handler_map)

"""The entry point that Chalice and Lambda know: the app of this process, from its environment."""

import os

from chalicelib.composition import build
from chalicelib.settings import Settings

app = build(Settings.from_env(os.environ))

# Lambda looks for each worker's function beside the app, by its name: `app.jobs`.
globals().update(app.handler_map)

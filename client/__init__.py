"""Fluxvault's command-line client: `python -m client` here, `fluxvault` once installed. It knows the HTTP API alone."""

__version__ = "0.1.0"

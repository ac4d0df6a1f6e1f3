"""Timings, as ratios within one run: `make bench`. Machines differ and are noisy; ratios hold."""

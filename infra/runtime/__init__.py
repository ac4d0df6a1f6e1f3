"""The package as Lambda runs it, on this machine: AWS's own runtime client, in processes that know nothing else.

`python -m infra.runtime` serves it until Ctrl-C; `python -m infra.runtime COMMAND ...` as long as a command runs.
"""

"""Work beside requests: how it is asked for, and how far it has come. What the work is, the domains say."""

from chalicelib.jobs.queue import Handler, Jobs, LocalJobs, Message, SqsJobs, dispatch

__all__ = ["Handler", "Jobs", "LocalJobs", "Message", "SqsJobs", "dispatch"]

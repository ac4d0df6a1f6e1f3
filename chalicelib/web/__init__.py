"""What every route shares: a call and its reply, routes, error envelopes, parsing, cursors, multipart, logs."""

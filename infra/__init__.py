"""What AWS needs, the local stack, and the operator's commands."""

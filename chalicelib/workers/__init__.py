"""What runs beside requests: for now, the check of the books."""

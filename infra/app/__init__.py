"""What runs, as CloudFormation: what `chalice package` does not know of the functions, their API and their alarms."""

"""What holds state, as CloudFormation: tables, buckets, the master key, the queue of work, the topic of alarms."""

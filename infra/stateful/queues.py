"""The queue of work, where its messages end that nobody can do, and the topic that tells a person."""

from typing import Any

from infra.stateful.names import Names

JOB_SECONDS = 900
"""What a job may take: Lambda's longest, since a copy of many GB is one job."""
VISIBILITY_SECONDS = 6 * JOB_SECONDS
"""How long a message that is being worked on stays hidden; what AWS asks for over a function of that timeout."""
MOST_RECEIVED = 8
"""How often a message is tried before it is set aside: for some 45 minutes, as it is given back (`jobs.receiving`)."""
DAYS_KEPT = 14
_DAY = 86_400


def jobs_queue(names: Names) -> dict[str, Any]:
    """The queue of work beside requests."""
    properties = {
        **_queue(names.prefixed("jobs")),
        "VisibilityTimeout": VISIBILITY_SECONDS,
        # A second request waits for a message instead of asking again at once: fewer calls to pay for.
        "ReceiveMessageWaitTimeSeconds": 20,
        "RedrivePolicy": {
            "deadLetterTargetArn": {"Fn::GetAtt": ["JobsDeadLetters", "Arn"]},
            "maxReceiveCount": MOST_RECEIVED,
        },
    }
    return _plain("AWS::SQS::Queue", properties)


def dead_letters(names: Names) -> dict[str, Any]:
    """Where messages end that were tried too often; an alarm says so, and a person sends them again."""
    return _plain("AWS::SQS::Queue", _queue(names.prefixed("jobs-dead")))


def queue_policy(*queues: str) -> dict[str, Any]:
    """Nobody comes without TLS."""
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": [{"Fn::GetAtt": [queue, "Arn"]} for queue in queues],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"Queues": [{"Ref": queue} for queue in queues], "PolicyDocument": policy}
    return _plain("AWS::SQS::QueuePolicy", properties)


def topic(names: Names) -> dict[str, Any]:
    """Where alarms go; a person subscribes to it (docs/deploy.md)."""
    return _plain("AWS::SNS::Topic", {"TopicName": names.prefixed("alarms")})


def _queue(name: Any) -> dict[str, Any]:
    return {"QueueName": name, "SqsManagedSseEnabled": True, "MessageRetentionPeriod": DAYS_KEPT * _DAY}


def _plain(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}

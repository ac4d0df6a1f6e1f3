"""Alarms: each says what a person should look at, and tells the deployment's topic."""

from dataclasses import dataclass, field
from typing import Any

from infra.app.config import Function, Stage
from infra.stateful.names import own, sub

TOPIC = sub(f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{own('alarms')}")
SLOW = 0.8
"""The part of its time-out after which a call counts as about to be cut off."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """More than `above` (or, with `below`, less) in each of `periods` periods of `seconds`.

    Attributes:
        why: What it means, and what to do; in the message that a person gets.
        namespace: Of the metric.
        metric: Its name.
        dimensions: Names to values.
        statistic: How a period is told in one number.
        missing: What no data means: usually that all is well.
    """

    why: str
    namespace: str
    metric: str
    dimensions: dict[str, Any]
    statistic: str
    above: float
    seconds: int = 300
    periods: int = 1
    comparison: str = "GreaterThanThreshold"
    missing: str = field(default="notBreaching")

    def resource(self, name: str) -> dict[str, Any]:
        """As CloudFormation takes it."""
        dimensions = [{"Name": key, "Value": value} for key, value in self.dimensions.items()]
        properties = {
            "AlarmName": sub(own(name)),
            "AlarmDescription": self.why,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": dimensions,
            "Statistic": self.statistic,
            "Period": self.seconds,
            "EvaluationPeriods": self.periods,
            "Threshold": self.above,
            "ComparisonOperator": self.comparison,
            "TreatMissingData": self.missing,
            "AlarmActions": [TOPIC],
            "OKActions": [TOPIC],
        }
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def alarms(stage: Stage) -> dict[str, dict[str, Any]]:
    """The alarms of a stage."""
    found = {f"{stage.side}-faults": _faults(stage), f"{stage.side}-slow": _latency(stage)}
    for function in stage.functions:
        found |= _of_function(function)
    if stage.side == "internal":
        found |= _of_work()
    return {"".join(part.title() for part in name.split("-")) + "Alarm": a.resource(name) for name, a in found.items()}


def _api(stage: Stage) -> dict[str, Any]:
    return {"ApiName": sub(own(stage.side)), "Stage": stage.api_stage}


def _faults(stage: Stage) -> Alarm:
    why = "Answers of 500 and above: look for `fault` in the function's log; 503 means that a store was out of reach"
    return Alarm(why, "AWS/ApiGateway", "5XXError", _api(stage), "Sum", above=5)


def _latency(stage: Stage) -> Alarm:
    why = "Calls take more than 5 s on average, for a quarter of an hour"
    return Alarm(why, "AWS/ApiGateway", "Latency", _api(stage), "Average", above=5000, periods=3)


def _of_function(function: Function) -> dict[str, Alarm]:
    of = {"FunctionName": sub(own(function.name))}
    limit = function.timeout * 1000 * SLOW
    crashed = "A call ended without an answer: it raised, ran out of memory or time, or could not start"
    return {
        f"{function.name}-errors": Alarm(crashed, "AWS/Lambda", "Errors", of, "Sum", above=0),
        f"{function.name}-throttles": Alarm(
            "Calls were refused, since as many as may run did: raise `reserved_concurrency`, or the account's limit",
            "AWS/Lambda",
            "Throttles",
            of,
            "Sum",
            above=0,
        ),
        f"{function.name}-time": Alarm(
            "A call took most of the time it may take", "AWS/Lambda", "Duration", of, "Maximum", above=limit
        ),
    }


def _of_work() -> dict[str, Alarm]:
    queue, dead = ({"QueueName": sub(own(name))} for name in ("jobs", "jobs-dead"))
    return {
        "jobs-dead": Alarm(
            "A message was tried too often and set aside: find its job in the log of the worker, and send it again",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            dead,
            "Maximum",
            above=0,
        ),
        "jobs-late": Alarm(
            "Work waits for half an hour: uploads do not complete, copies are not made",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            queue,
            "Maximum",
            above=1800,
        ),
        "janitor-absent": Alarm(
            "The janitor did not come by for two hours: its schedule is off, or it cannot start",
            "AWS/Lambda",
            "Invocations",
            {"FunctionName": sub(own("janitor"))},
            "Sum",
            above=1,
            seconds=3600,
            periods=2,
            comparison="LessThanThreshold",
            missing="breaching",
        ),
    }

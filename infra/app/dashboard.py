"""One page of graphs a side: what is asked of it, how it does, and what waits."""

import json
from typing import Any

from infra.app.config import Stage
from infra.stateful.names import own, sub

Metric = list[Any]
_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2


def dashboard(stage: Stage) -> dict[str, Any]:
    """The resource."""
    graphs = [*_api(stage), *_functions(stage), *_routes(), *(_work() if stage.side == "internal" else [])]
    widgets = [_placed(number, graph) for number, graph in enumerate(graphs)]
    properties = {"DashboardName": sub(own(stage.side)), "DashboardBody": sub(json.dumps({"widgets": widgets}))}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _placed(number: int, graph: dict[str, Any]) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    place = {"x": column * _WIDTH, "y": row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
    return {"type": "metric", **place, "properties": {"region": "${AWS::Region}", "period": 300, **graph}}


def _graph(title: str, *metrics: Metric) -> dict[str, Any]:
    return {"title": title, "metrics": list(metrics), "view": "timeSeries"}


def _api(stage: Stage) -> list[dict[str, Any]]:
    def of(metric: str, stat: str) -> Metric:
        place = ["ApiName", own(stage.side), "Stage", stage.api_stage]
        return ["AWS/ApiGateway", metric, *place, {"stat": stat, "label": f"{metric} {stat}"}]

    calls = [of("Count", "Sum"), of("4XXError", "Sum"), of("5XXError", "Sum")]
    return [
        _graph("Calls", *calls),
        _graph("Latency, ms", *(of("Latency", stat) for stat in ("p50", "p95", "p99"))),
    ]


def _functions(stage: Stage) -> list[dict[str, Any]]:
    def each(metric: str, stat: str) -> list[Metric]:
        names = [function.name for function in stage.functions]
        return [["AWS/Lambda", metric, "FunctionName", own(name), {"stat": stat, "label": name}] for name in names]

    return [
        _graph("Functions: longest call, ms", *each("Duration", "Maximum")),
        _graph("Functions: at once", *each("ConcurrentExecutions", "Maximum")),
        _graph("Functions: ended without an answer", *each("Errors", "Sum")),
        _graph("Functions: refused", *each("Throttles", "Sum")),
    ]


def _routes() -> list[dict[str, Any]]:
    def found(metric: str, stat: str) -> Metric:
        return [{"expression": f"SEARCH('{{Fluxvault,route,service}} MetricName=\"{metric}\"', '{stat}', 300)"}]

    return [
        _graph("Requests by route", found("Requests", "Sum")),
        _graph("Faults by route", found("Faults", "Sum")),
    ]


def _work() -> list[dict[str, Any]]:
    def queue(name: str, metric: str) -> Metric:
        return ["AWS/SQS", metric, "QueueName", own(name), {"stat": "Maximum", "label": name}]

    return [
        _graph(
            "Messages that wait", *(queue(name, "ApproximateNumberOfMessagesVisible") for name in ("jobs", "jobs-dead"))
        ),
        _graph("Oldest message, s", queue("jobs", "ApproximateAgeOfOldestMessage")),
    ]

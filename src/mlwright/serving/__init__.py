"""Serving: endpoints with limits, cache, releases, canaries, fallbacks and feedback."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.serving.build import Serving as Serving
    from mlwright.serving.build import build_serving as build_serving
    from mlwright.serving.canary import LEAST_REQUESTS as LEAST_REQUESTS
    from mlwright.serving.canary import Tally as Tally
    from mlwright.serving.canary import verdict as verdict
    from mlwright.serving.keys import Keys as Keys
    from mlwright.serving.meters import BUCKETS as BUCKETS
    from mlwright.serving.meters import Histogram as Histogram
    from mlwright.serving.meters import Meters as Meters
    from mlwright.serving.plan import LOG_BYTES as LOG_BYTES
    from mlwright.serving.plan import capacity as capacity
    from mlwright.serving.plan import longest_answer as longest_answer
    from mlwright.serving.plan import storage as storage
    from mlwright.serving.ports import Event as Event
    from mlwright.serving.ports import Gate as Gate
    from mlwright.serving.ports import Handler as Handler
    from mlwright.serving.ports import Handlers as Handlers
    from mlwright.serving.ports import Request as Request
    from mlwright.serving.spec import TOP_PASSAGES as TOP_PASSAGES
    from mlwright.serving.spec import EndpointSpec as EndpointSpec
    from mlwright.serving.spec import MeasuredSpec as MeasuredSpec
    from mlwright.serving.spec import ServingSpec as ServingSpec
    from mlwright.serving.spec import TrafficSpec as TrafficSpec
    from mlwright.serving.types import ApiKey as ApiKey
    from mlwright.serving.types import EndpointReport as EndpointReport
    from mlwright.serving.types import Exercised as Exercised
    from mlwright.serving.types import Feedback as Feedback
    from mlwright.serving.types import Release as Release
    from mlwright.serving.types import RequestLog as RequestLog
    from mlwright.serving.types import Traffic as Traffic

__all__ = [
    "BUCKETS", "LEAST_REQUESTS", "LOG_BYTES", "TOP_PASSAGES", "ApiKey", "EndpointReport", "EndpointSpec", "Event",
    "Exercised", "Feedback", "Gate", "Handler", "Handlers", "Histogram", "Keys", "MeasuredSpec", "Meters",
    "Release", "Request", "RequestLog", "Serving", "ServingSpec", "Tally", "Traffic", "TrafficSpec",
    "build_serving", "capacity", "longest_answer", "storage", "verdict",
]  # fmt: skip

__getattr__, __dir__ = front_door(
    __name__,
    build="Serving build_serving",
    canary="LEAST_REQUESTS Tally verdict",
    keys="Keys",
    meters="BUCKETS Histogram Meters",
    plan="LOG_BYTES capacity longest_answer storage",
    ports="Event Gate Handler Handlers Request",
    spec="TOP_PASSAGES EndpointSpec MeasuredSpec ServingSpec TrafficSpec",
    types="ApiKey EndpointReport Exercised Feedback Release RequestLog Traffic",
)

"""What schemathesis cannot know of this API: lines, tasks that have ended, foreseen refusals."""

import datetime
import json
import uuid

import requests
import schemathesis

# What a schema cannot say, by what the refusal says instead.
FORESEEN = [
    "years 1684 to 2255",  # The range of a date-time.
    "100 years from now",
    "whole number",  # To a schema, 1.0 is one too.
    "bytes",  # A schema counts characters.
    "with another body",  # A key that was used before.
    "cron pattern",
    "IANA database",
    "has a time zone",
    "a tick in the future",
    "an instant after",
    "an instant that is past",
    "at least one",  # A period without ticks.
    "choose a shorter period",
    "minute ", "hour ", "day of", "month ", "second ",  # The fields of a pattern.
    "without unique_key", "with unique_key", "without \"on_conflict\"",  # What belongs together.
    "the payload is no JSON",  # And its fields are asked for.
    "cursor is",  # A cursor of as many digits that is too large.
]

OF_ENDED = ["POST /v1/tasks/{id}/retry", "POST /v1/tasks/{id}/discard"]


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """A JSON value each, or text as it is."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    values = value if isinstance(value, list) else [value]
    return "".join(json.dumps(one) + "\n" for one in values).encode()


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Half of what only an ended task allows is asked of one that has ended: it was called off. What is done to
    a schedule is done to one that is there, and has ticks in the period that is to be filled in."""
    keep_open(case)
    if "/v1/schedules/{name}" in case.operation.label and is_positive(case):
        make_schedule(case, fitting(case))
    if case.operation.label not in OF_ENDED or not is_positive(case):
        return
    if uuid.UUID(case.path_parameters["id"]).int % 2 == 0:
        return
    tasks = f"{case.operation.base_url.rstrip('/')}/v1/tasks"
    new = requests.post(tasks, json={"kind": "ended"}, timeout=10).json()["id"]
    requests.delete(f"{tasks}/{new}", timeout=10).raise_for_status()
    case.path_parameters["id"] = new


# What the tasks of the other operations are submitted to.
NEEDED = {"queues": ["default"], "kinds": ["ended", "ticked"]}


def keep_open(case):
    """What others need is neither drained nor bounded: another one is."""
    for sort, names in NEEDED.items():
        needed = (case.path_parameters or {}).get("name") in names
        if needed and f"/v1/{sort}/{{name}}" in case.operation.label and case.operation.method.upper() != "GET":
            case.path_parameters["name"] = "another"
            another = f"{case.operation.base_url.rstrip('/')}/v1/{sort}/another"
            requests.patch(another, json={"paused": False}, timeout=10).raise_for_status()


def make_schedule(case, rule):
    name = requests.utils.quote(str(case.path_parameters["name"]), safe="")
    schedule = f"{case.operation.base_url.rstrip('/')}/v1/schedules/{name}"
    if case.operation.label.startswith("POST /v1/schedules/{name}") and case.operation.label.endswith("}"):
        requests.delete(schedule, timeout=10)
    elif case.operation.method.upper() != "PUT":
        requests.put(schedule, json={**rule, "task": {"kind": "ticked"}}, timeout=10)


# Patterns, and after how many seconds at most each has a tick.
SPANS = [("@yearly", 366 * 86400), ("@monthly", 31 * 86400), ("@daily", 86400), ("@hourly", 3600), ("* * * * *", 60)]


def fitting(case):
    """A rule that has ticks in the period of a backfill, and not too many. The period is made one of years that can
    be told and are past, whose end comes behind its beginning."""
    often = {"every_ms": 1000}
    if not case.operation.label.endswith("/backfill") or not isinstance(case.body, dict):
        return often
    try:
        begins, ends = sorted(told(case.body[end]) for end in ("from", "to"))
    except (KeyError, TypeError, ValueError):  # A leap second, or none at all.
        return often
    # Two that are the same have no tick between them.
    ends = max(ends, begins + datetime.timedelta(minutes=1))
    case.body.update({"from": begins.isoformat(), "to": ends.isoformat()})
    span = (ends - begins).total_seconds()
    fits = (pattern for pattern, longest in SPANS if longest <= span)
    return {"cron": next(fits, "* * * * *")}


def told(text):
    """An instant, in a year between 1700 and 1999."""
    at = datetime.datetime.fromisoformat(text.upper())
    return at.replace(year=1700 + at.year % 300, day=min(at.day, 28))


def is_positive(case):
    """Whether the description allows it."""
    return case.meta is not None and case.meta.generation.mode.value == "positive"


@schemathesis.check
def refusals_are_foreseen(_context, response, case):
    """What the description allows is refused only for what it cannot say."""
    if response.status_code != 422 or not is_positive(case):
        return
    # An archive is more than its text.
    if case.operation.label == "POST /v1/import":
        return
    problem = response.json()
    expected = f"{problem.get('expected')} {problem['detail']}"
    assert any(one in expected for one in FORESEEN), f"allowed, and refused: {problem['detail']}"


@schemathesis.check
class EveryOperationSucceeds:
    """An operation that was only ever refused was not tested."""

    def __init__(self):
        self.tested = set()
        self.succeeded = set()

    def after_response(self, _context, response, case):
        self.tested.add(case.operation.label)
        if response.status_code < 300:
            self.succeeded.add(case.operation.label)

    def after_run(self, _context):
        never = sorted(self.tested - self.succeeded)
        assert not never, f"never succeeded: {', '.join(never)}"

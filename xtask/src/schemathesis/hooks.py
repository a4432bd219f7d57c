"""How schemathesis writes bodies of lines: a JSON value each."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    values = value if isinstance(value, list) else [value]
    return "".join(json.dumps(one) + "\n" for one in values).encode()

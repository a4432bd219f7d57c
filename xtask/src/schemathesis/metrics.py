"""Reads metrics with Prometheus' own parsers, which forgive little."""

import sys
import urllib.request

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as plain


def fetch(accept):
    request = urllib.request.Request(sys.argv[1], headers={"Accept": accept})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


for parser, accept in [(openmetrics, "application/openmetrics-text"), (plain, "text/plain")]:
    form, text = fetch(accept)
    assert form.startswith(accept), f"asked for {accept}, got {form}"
    families = list(parser.text_string_to_metric_families(text))
    unknown = [one.name for one in families if one.type in ("unknown", "untyped")]
    assert not unknown, f"without a type: {unknown}"
    samples = [sample for family in families for sample in family.samples]
    assert any(sample.name == "duly_http_requests_total" for sample in samples)
    print(f"{form}: {len(families)} families, {len(samples)} samples")

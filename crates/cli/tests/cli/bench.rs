//! `duly bench`.

use serde_json::Value;

use crate::support::{Place, run};

#[tokio::test]
async fn a_store_is_measured_and_left_as_it_was() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let bench = [
        "bench",
        "--json",
        "--tasks",
        "1000",
        "--samples",
        "10",
        "--store",
    ];
    let outcome = run(&[&bench[..], &[&place.store()]].concat()).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let figures: Value = serde_json::from_str(&outcome.out).unwrap();
    for name in ["submit_per_s", "drain_per_s", "cycle_per_s"] {
        assert!(
            figures[name].as_u64().is_some_and(|rate| rate > 0),
            "{figures}"
        );
    }
    assert!(
        figures["idle_latency_us"]["p99"]
            .as_u64()
            .is_some_and(|micros| micros > 0)
    );
    assert!(server.lines(&["list"]).await.is_empty());
    server.stop().await;
}

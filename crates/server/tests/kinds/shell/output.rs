//! Output: bounded, never in the way of who writes it.

use duly_server::kinds::shell::bounds::OUTPUT_BYTES_MAX;
use serde_json::json;

use super::{Bench, script};

#[tokio::test]
async fn of_ten_megabytes_the_beginning_and_the_end_are_kept() {
    let text = "echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo last;
        head -c 10000000 /dev/zero | tr '\\0' y >&2";
    let bench = Bench::knowing(script(text).output_bytes_max(100)).await;
    let result = bench.result(json!({})).await;
    let stdout = result["stdout"].as_str().unwrap();
    let left_out = 10_000_000 + "first\n".len() + "last\n".len() - 100;
    let middle = format!("\n[… {left_out} bytes left out …]\n");
    let (head, tail) = stdout.split_once(&middle).unwrap();
    assert_eq!(head, format!("first\n{}", "x".repeat(44)));
    assert_eq!(tail, format!("{}last\n", "x".repeat(45)));
    assert!(result["stderr"].as_str().unwrap().starts_with("yyyy"));
    assert_eq!(result["truncated"], true);
}

#[tokio::test]
async fn the_largest_and_ugliest_output_fits_into_a_result() {
    let text = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2";
    let bench = Bench::knowing(script(text).output_bytes_max(OUTPUT_BYTES_MAX)).await;
    let result = bench.result(json!({})).await;
    let kept = result["stdout"].as_str().unwrap().matches('\0').count();
    assert_eq!(kept, OUTPUT_BYTES_MAX);
}

#[tokio::test]
async fn what_is_not_utf_8_is_replaced() {
    let bench = Bench::knowing(script("printf 'a\\377b\\303'")).await;
    let result = bench.result(json!({})).await;
    assert_eq!(
        (&result["stdout"], &result["truncated"]),
        (&json!("a�b�"), &json!(false))
    );
}

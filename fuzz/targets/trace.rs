//! Trace contexts: what is read is written and read again as the same.
#![no_main]

use duly_store::trace::TraceContext;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (parent, state) = match input.split_once('\n') {
        Some((parent, state)) => (parent, Some(state)),
        None => (input, None),
    };
    if let Ok(context) = TraceContext::parse(parent, state) {
        let again = TraceContext::parse(&context.traceparent(), context.tracestate());
        let again = again.expect("what was written can be read");
        assert_eq!(again.traceparent(), context.traceparent());
        assert_eq!(again.tracestate(), context.tracestate());
        let child = context.child(7);
        assert_eq!(child.trace_id(), context.trace_id());
    }
});

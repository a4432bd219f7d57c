use super::*;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn traceparent(text: &str) -> Option<String> {
    let parsed = TraceContext::parse(text, None);
    if let Err(error) = &parsed {
        assert_eq!(*error, InvalidTrace::Traceparent, "{text}");
    }
    parsed.ok().map(|context| context.traceparent())
}

fn tracestate(text: &str) -> Result<Option<String>, InvalidTrace> {
    let context = TraceContext::parse(PARENT, Some(text))?;
    Ok(context.tracestate().map(str::to_owned))
}

#[test]
fn version_00_is_taken_as_it_is_written_and_no_other_way() {
    for text in [
        PARENT,
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "00-00000000000000000000000000000001-0000000000000001-03",
    ] {
        assert_eq!(traceparent(text).as_deref(), Some(text));
    }
    for text in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "00-4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7-01-0",
        "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0ü",
        "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-012",
    ] {
        assert_eq!(traceparent(text), None, "{text}");
    }
}

#[test]
fn of_a_later_version_what_is_known_is_read() {
    let as_00 = Some(PARENT.to_owned());
    for text in [
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what the future brings",
        "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fd",
    ] {
        assert_eq!(traceparent(text), as_00, "{text}");
    }
    for text in [
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "cc-00000000000000000000000000000000-00f067aa0ba902b7-01",
    ] {
        assert_eq!(traceparent(text), None, "{text}");
    }
}

#[test]
fn flags_that_nobody_knows_are_not_passed_on() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
    assert_eq!(
        traceparent(&format!("{parent}ff")),
        Some(format!("{parent}03"))
    );
    assert_eq!(
        traceparent(&format!("{parent}fc")),
        Some(format!("{parent}00"))
    );
    assert!(
        !TraceContext::parse(&format!("{parent}02"), None)
            .unwrap()
            .is_sampled()
    );
}

#[test]
fn a_tracestate_is_a_list_of_members() {
    for (text, kept) in [
        ("", None),
        (" , ,", None),
        ("a=1", Some("a=1")),
        ("a=1 ,\tb=2,", Some("a=1,b=2")),
        ("a= 1", Some("a= 1")),
        (
            "t-1@vendor=x,1a@v=y,a_-*/9=~!",
            Some("t-1@vendor=x,1a@v=y,a_-*/9=~!"),
        ),
        ("a=1,a=2", Some("a=1,a=2")),
    ] {
        assert_eq!(tracestate(text), Ok(kept.map(str::to_owned)), "{text}");
    }
    let long = format!("{}=1", "k".repeat(257));
    let wide = format!("k={}", "v".repeat(257));
    let many = vec!["a=1"; 33].join(",");
    for text in [
        "a",
        "=1",
        "a=",
        "A=1",
        "1a=1",
        "a b=1",
        "a=1=2",
        "a=\u{7f}",
        "a=ü",
        "ü=1",
        "@v=1",
        "t@=1",
        "t@V=1",
        "t@1=1",
        "t@v@w=1",
        "t@aaaaaaaaaaaaaaa=1",
        &long,
        &wide,
        &many,
        "a=1\nb=2",
    ] {
        assert_eq!(tracestate(text), Err(InvalidTrace::Tracestate), "{text}");
    }
}

#[test]
fn a_tracestate_that_is_too_long_loses_long_members_first_and_then_the_last() {
    let long = format!("long={}", "x".repeat(200));
    let short: Vec<String> = (10..29)
        .map(|n| format!("s{n}=0123456789abcdefghi"))
        .collect();
    let text = format!("{},{long},{}", short[0], short[1..].join(","));
    let kept = tracestate(&text).unwrap().unwrap();
    assert_eq!(kept, short.join(","), "the long one alone had to go");
    let more = format!("{kept},t=1{}", "0".repeat(100));
    assert!(more.len() > LABEL_VALUE_BYTES_MAX);
    assert_eq!(tracestate(&more).unwrap().unwrap(), kept);
}

#[test]
fn a_context_is_kept_among_labels() {
    let context = TraceContext::parse(PARENT, Some("a=1")).unwrap();
    let mut labels = Labels::from([("mine".to_owned(), "x".to_owned())]);
    context.write(&mut labels);
    assert_eq!(labels[TRACEPARENT], PARENT);
    assert_eq!(TraceContext::read(&labels), Some(context));
    labels.insert(TRACESTATE.to_owned(), "no state".to_owned());
    let read = TraceContext::read(&labels).unwrap();
    assert_eq!(
        (read.traceparent(), read.tracestate()),
        (PARENT.to_owned(), None)
    );
    read.write(&mut labels);
    assert_eq!(
        labels.get(TRACESTATE),
        None,
        "another one's state does not stay"
    );
    labels.insert(TRACEPARENT.to_owned(), "rubbish".to_owned());
    assert_eq!(TraceContext::read(&labels), None);
    assert!(is_reserved(TRACEPARENT) && is_reserved(TRACESTATE) && !is_reserved("mine"));
}

#[test]
fn a_child_has_a_span_of_its_own() {
    let context = TraceContext::parse(PARENT, Some("a=1")).unwrap();
    let child = context.child(0);
    assert_eq!(child.span_id(), "0000000000000001", "zero is no span");
    assert_eq!(child.trace_id(), context.trace_id());
    assert_eq!(child.tracestate(), Some("a=1"));
    assert!(child.is_sampled());
}

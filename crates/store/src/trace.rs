//! The trace that a task belongs to: W3C Trace Context, kept with the task in reserved labels.
//!
//! Whoever submits a task in the course of a trace keeps its context with the task
//! ([`TraceContext::write`]); each attempt is a span of its own in that trace
//! ([`TraceContext::child`]).

use std::fmt::Write as _;

use crate::Labels;
use crate::bounds::LABEL_VALUE_BYTES_MAX;

/// Labels that begin so belong to the layers above the store, not to users: users may not give them,
/// and do not see them among theirs.
pub const RESERVED: &str = "duly.";
/// The label that holds the `traceparent` of a task.
pub const TRACEPARENT: &str = "duly.traceparent";
/// The label that holds the `tracestate` of a task.
pub const TRACESTATE: &str = "duly.tracestate";

/// Members of a `tracestate`.
const MEMBERS_MAX: usize = 32;
/// Bytes of a member beyond which it is the first to go when a `tracestate` is too long.
const LONG_MEMBER_BYTES: usize = 128;
/// What is known of the flags: sampled, and that the trace id is random.
const KNOWN_FLAGS: u8 = 0b11;
const SAMPLED: u8 = 0b01;

/// Whether a label belongs to the layers above the store.
#[must_use]
pub fn is_reserved(label: &str) -> bool {
    label.starts_with(RESERVED)
}

/// A span and the trace that it belongs to, as the headers `traceparent` and `tracestate` carry them.
///
/// ```
/// use duly_store::trace::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let submitter = TraceContext::parse(header, Some("vendor=42"))?;
/// assert_eq!(submitter.traceparent(), header);
///
/// let attempt = submitter.child(7);
/// assert_eq!(attempt.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(attempt.span_id(), "0000000000000007");
/// assert!(attempt.is_sampled());
/// # Ok::<(), duly_store::trace::InvalidTrace>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
    state: Option<Box<str>>,
}

/// Why a header is no trace context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTrace {
    /// The `traceparent`.
    #[error(
        "traceparent is not valid: expected version, trace id, span id and flags in lower-case hex, \
         such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, with ids that are not zero"
    )]
    Traceparent,
    /// The `tracestate`.
    #[error(
        "tracestate is not valid: expected at most 32 members such as vendor=value, separated by commas"
    )]
    Tracestate,
}

impl TraceContext {
    /// From the headers. Of a later version of the format, what version 00 knows is read. A
    /// `tracestate` beyond 512 bytes loses whole members: the longest kind first, then the last.
    ///
    /// # Errors
    /// [`InvalidTrace`]. (A server that gets such a header from outside ignores it: an invalid
    /// `traceparent` with its `tracestate`, an invalid `tracestate` alone.)
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Result<Self, InvalidTrace> {
        let mut context = parent(traceparent).ok_or(InvalidTrace::Traceparent)?;
        if let Some(text) = tracestate {
            context.state = state(text).ok_or(InvalidTrace::Tracestate)?;
        }
        Ok(context)
    }

    /// The context that is kept among a task's labels, if there is a valid one.
    #[must_use]
    pub fn read(labels: &Labels) -> Option<Self> {
        let parent = labels.get(TRACEPARENT)?;
        let state = labels.get(TRACESTATE).map(String::as_str);
        Self::parse(parent, state)
            .or_else(|_| Self::parse(parent, None))
            .ok()
    }

    /// Keeps the context among a task's labels.
    pub fn write(&self, labels: &mut Labels) {
        labels.insert(TRACEPARENT.to_owned(), self.traceparent());
        match &self.state {
            Some(state) => labels.insert(TRACESTATE.to_owned(), state.to_string()),
            None => labels.remove(TRACESTATE),
        };
    }

    /// A span within this one: of the same trace, with an id made from random bits.
    #[must_use]
    pub fn child(&self, random: u64) -> Self {
        Self {
            span: random.max(1),
            ..self.clone()
        }
    }

    /// The header `traceparent`, in version 00.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!(
            "00-{:032x}-{:016x}-{:02x}",
            self.trace, self.span, self.flags
        )
    }

    /// The header `tracestate`, if there is one.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The trace, as 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span, as 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

/// `version-trace-span-flags`; later versions may go on after another `-`.
fn parent(text: &str) -> Option<TraceContext> {
    const LENGTH: usize = 55;
    let (known, rest) = text.split_at_checked(LENGTH)?;
    let mut fields = known.split('-');
    let version = hex(fields.next()?, 2)?;
    let trace = hex(fields.next()?, 32)?;
    let span = hex(fields.next()?, 16)?;
    let flags = hex(fields.next()?, 2)?;
    let ends_well = match version {
        0x00 => rest.is_empty(),
        0xff => false,
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    let is_valid = ends_well && fields.next().is_none() && trace != 0 && span != 0;
    is_valid.then_some(TraceContext {
        trace,
        span: u64::try_from(span).ok()?,
        flags: u8::try_from(flags).ok()? & KNOWN_FLAGS,
        state: None,
    })
}

/// Exactly so many lower-case digits.
fn hex(digits: &str, count: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_hex = digits.len() == count && digits.bytes().all(is_digit);
    is_hex.then(|| u128::from_str_radix(digits, 16).ok())?
}

/// The members of a `tracestate`, as many as are kept; `Some(None)`: there are none.
#[expect(
    clippy::option_option,
    reason = "not valid is another thing than empty"
)]
fn state(text: &str) -> Option<Option<Box<str>>> {
    let blank = [' ', '\t'];
    let members = text.split(',').map(|member| member.trim_matches(blank));
    let mut members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    if members.len() > MEMBERS_MAX || !members.iter().all(|member| is_member(member)) {
        return None;
    }
    while length(&members) > LABEL_VALUE_BYTES_MAX {
        let long = members.iter().rposition(|m| m.len() > LONG_MEMBER_BYTES);
        members.remove(long.unwrap_or(members.len() - 1));
    }
    let mut state = String::with_capacity(length(&members));
    for member in members {
        let comma = if state.is_empty() { "" } else { "," };
        let _ = write!(state, "{comma}{member}");
    }
    Some((!state.is_empty()).then(|| state.into()))
}

/// Bytes of the members with the commas between them.
fn length(members: &[&str]) -> usize {
    let bytes: usize = members.iter().map(|member| member.len() + 1).sum();
    bytes.saturating_sub(1)
}

fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else {
        return false;
    };
    let is_value = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    is_key(key) && (1..=256).contains(&value.len()) && value.bytes().all(is_value)
}

/// A vendor, or a tenant at a vendor.
fn is_key(key: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_lowercase();
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte);
    let is_name = |name: &str, bytes_max: usize| {
        (1..=bytes_max).contains(&name.len()) && name.bytes().all(is_inner)
    };
    match key.split_once('@') {
        None => is_name(key, 256) && key.as_bytes().first().is_some_and(is_letter),
        Some((tenant, vendor)) => {
            let begins_well = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            is_name(tenant, 241)
                && tenant.as_bytes().first().is_some_and(begins_well)
                && is_name(vendor, 14)
                && vendor.as_bytes().first().is_some_and(is_letter)
        }
    }
}

#[cfg(test)]
mod tests;

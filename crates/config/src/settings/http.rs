//! `http`.

use crate::form::{list, text};
use crate::group::group;

/// Rules of one list.
const RULES_MAX: usize = 100;
/// What a rule looks like.
const RULE: &str = "a host, an address or a network, perhaps with a port, such as hooks.example.org, \
                    *.example.org:443, 10.0.0.0/8, public, private or \"*\"";

group! {
    /// The kind `http`: where its requests may go.
    Http {
        /// Where requests may go. Without this: everywhere, if only this machine can reach `server.listen`
        /// and there are no `server.hosts`, and otherwise to public addresses. A name alone opens no way
        /// into private networks, wherever it points.
        [AtStart] allow: Option<Vec<String>> = None, list(text(RULE, is_rule), RULES_MAX).or_none(),
            example "[public, 10.1.2.0/24:8080]";

        /// Where they may not go, whatever is allowed.
        [AtStart] deny: Vec<String> = Vec::new(), list(text(RULE, is_rule), RULES_MAX),
            example "[169.254.169.254]";
    }
}

/// What exactly a rule is, is known by who obeys it.
fn is_rule(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

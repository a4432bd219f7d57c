//! Colours, where somebody wants to see them.

use std::ffi::OsString;
use std::io::IsTerminal;

use duly_core::{EventKind, State};

/// Whether what goes there is coloured.
pub(crate) fn coloured_to(place: &impl IsTerminal) -> bool {
    is_wanted(|name| std::env::var_os(name), place.is_terminal())
}

/// What the user says goes before what a terminal could: `NO_COLOR` before `CLICOLOR_FORCE` before
/// `CLICOLOR=0`. A variable that is empty says nothing.
fn is_wanted(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let said = |name: &str| variable(name).filter(|value| !value.is_empty());
    if said("NO_COLOR").is_some() {
        return false;
    }
    if said("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let is_refused = said("CLICOLOR").is_some_and(|value| value == "0");
    let is_dumb = said("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_refused && !is_dumb
}

/// A state, coloured by how it bodes where colours are wanted.
pub(crate) fn state(state: State) -> String {
    coloured(
        match state {
            State::Completed => GREEN,
            State::Running | State::Assigned => CYAN,
            State::Failed | State::TimedOut => RED,
            State::Retrying => YELLOW,
            State::Cancelled | State::Expired => GREY,
            State::Scheduled | State::Blocked | State::Pending => PLAIN,
        },
        state.name(),
    )
}

/// Text about an event of this kind, coloured in the same way.
pub(crate) fn event(kind: EventKind, text: &str) -> String {
    coloured(
        match kind {
            EventKind::Completed => GREEN,
            EventKind::Started => CYAN,
            EventKind::Failed | EventKind::TimedOut => RED,
            EventKind::Retrying | EventKind::Lost => YELLOW,
            EventKind::Cancelled | EventKind::Expired => GREY,
            _ => PLAIN,
        },
        text,
    )
}

const PLAIN: &str = "";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const GREY: &str = "90";

fn coloured(code: &str, text: &str) -> String {
    if code != PLAIN && coloured_to(&std::io::stdout()) {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_goes_before_the_terminal() {
        for (variables, elsewhere, on_a_terminal) in [
            (&[][..], false, true),
            (&[("TERM", "xterm")], false, true),
            (&[("TERM", "dumb")], false, false),
            (&[("NO_COLOR", "1")], false, false),
            (&[("NO_COLOR", "")], false, true),
            (&[("CLICOLOR", "0")], false, false),
            (&[("CLICOLOR", "1")], false, true),
            (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true, true),
            (&[("CLICOLOR_FORCE", "0")], false, true),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let wanted = [false, true].map(|is_terminal| is_wanted(variable, is_terminal));
            assert_eq!(wanted, [elsewhere, on_a_terminal], "{variables:?}");
        }
    }
}

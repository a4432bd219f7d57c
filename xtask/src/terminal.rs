//! Colours, where somebody can see them.

use std::env;
use std::io::{self, IsTerminal};

/// The few colours that the checks speak in.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Bold,
    Green,
    Red,
    Yellow,
}

/// Whether output may be coloured: on a terminal, and neither `CI` nor `NO_COLOR` is set.
pub(crate) fn colours() -> bool {
    let plain = |name| env::var(name).is_ok_and(|value| says_yes(&value));
    io::stdout().is_terminal() && !plain("CI") && !plain("NO_COLOR")
}

/// The text in a colour, or as it is where colours are off.
pub(crate) fn paint(text: &str, colour: Colour) -> String {
    if !colours() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Bold => 1,
        Colour::Green => 32,
        Colour::Red => 31,
        Colour::Yellow => 33,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn says_yes(value: &str) -> bool {
    !matches!(value, "" | "0" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_false_variable_says_nothing() {
        assert!(says_yes("true") && says_yes("1"));
        assert!(!says_yes("") && !says_yes("0") && !says_yes("false"));
    }
}

//! Where functions begin and end.

use super::Token;

/// A function with a body, by its first line (of the signature) and its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Function {
    /// How many lines it takes, blank ones and comments included.
    pub(crate) fn lines(&self) -> usize {
        self.last - self.first + 1
    }
}

/// Every function among the tokens, nested ones too.
pub(super) fn functions(tokens: &[Token]) -> Vec<Function> {
    (0..tokens.len())
        .filter_map(|at| function_at(tokens, at))
        .collect()
}

fn function_at(tokens: &[Token], at: usize) -> Option<Function> {
    let name = tokens
        .get(at + 1)
        .filter(|name| tokens[at].text == "fn" && name.is_word())?;
    let mut depth = 0_usize;
    let mut in_body = false;
    for token in &tokens[at + 2..] {
        match token.text.as_str() {
            ";" if depth == 0 => return None,
            "(" | "[" => depth += 1,
            "{" => {
                in_body |= depth == 0;
                depth += 1;
            }
            ")" | "]" | "}" => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if in_body && depth == 0 {
            let name = name.text.clone();
            return Some(Function {
                name,
                first: tokens[at].line,
                last: token.line,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tokens::flatten;
    use super::*;

    fn sizes(text: &str) -> Vec<(String, usize)> {
        let tokens = flatten(text).expect("Rust");
        functions(&tokens)
            .into_iter()
            .map(|f| (f.name.clone(), f.lines()))
            .collect()
    }

    #[test]
    fn a_function_ends_with_its_body() {
        let text = "fn a<T>(x: [u8; 3]) -> T\nwhere T: Default {\n    { x }\n}\nfn b() {}";
        assert_eq!(sizes(text), [("a".to_owned(), 4), ("b".to_owned(), 1)]);
    }

    #[test]
    fn a_declaration_or_a_pointer_is_not_a_function() {
        assert_eq!(
            sizes("trait T { fn a(&self); fn b(&self) {} }"),
            [("b".to_owned(), 1)]
        );
        assert_eq!(sizes("type F = fn(u8) -> u8; const X: u8 = { 1 };"), []);
    }

    #[test]
    fn nested_functions_are_counted_on_their_own() {
        assert_eq!(sizes("fn a() {\n fn b() {\n }\n}").len(), 2);
    }
}

//! Reading one task or an array of them, so that a refusal names the element and the place.

use std::fmt;

use duly_api::object::Object;
use duly_api::{NewTask, ParseError, Problem, parse, parse_object};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::body::Form;
use crate::convert::Submission;
use crate::port;
use crate::port::bounds::SUBMIT_MAX;
use crate::refusal::Refusal;

/// The body of a submit.
pub(super) enum Asked {
    /// An object.
    One(Box<NewTask>),
    /// An array.
    Many(Vec<NewTask>),
}

pub(super) fn read(form: Form, body: &[u8]) -> Result<Asked, Refusal> {
    if form == Form::Lines {
        return lines(body).map(Asked::Many);
    }
    if body.trim_ascii_start().first() != Some(&b'[') {
        return Ok(Asked::One(Box::new(parse_object(body)?)));
    }
    // To know the place of every element costs more than reading twice what is wrong.
    match serde_json::from_slice::<Tasks>(body) {
        Ok(Tasks(tasks)) => Ok(Asked::Many(tasks)),
        Err(_) => placed_elements(body).map(Asked::Many),
    }
}

/// The same, with the place of each element in mind.
fn placed_elements(body: &[u8]) -> Result<Vec<NewTask>, Refusal> {
    let Elements { elements, count } = parse(body)?;
    if count > SUBMIT_MAX {
        return Err(too_many(count));
    }
    let mut tasks = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let text = element.get().as_bytes();
        let task = parse_object(text)
            .map_err(|error| Refusal::from(placed(error, body, text)).at_index(index))?;
        tasks.push(task);
    }
    Ok(tasks)
}

/// A task per line; blank lines are none.
fn lines(body: &[u8]) -> Result<Vec<NewTask>, Refusal> {
    let lines = body.split(|&byte| byte == b'\n');
    let mut tasks = Vec::new();
    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
        if tasks.len() == SUBMIT_MAX {
            return Err(too_many(SUBMIT_MAX + 1));
        }
        let task = parse_object(line)
            .map_err(|error| Refusal::from(placed(error, body, line)).at_index(tasks.len()))?;
        tasks.push(task);
    }
    Ok(tasks)
}

/// An array of tasks that are all right, and not too many.
struct Tasks(Vec<NewTask>);

impl<'de> Deserialize<'de> for Tasks {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(TasksVisitor)
    }
}

struct TasksVisitor;

impl<'de> Visitor<'de> for TasksVisitor {
    type Value = Tasks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of tasks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tasks, A::Error> {
        let mut tasks = Vec::new();
        while let Some(Object(task)) = seq.next_element()? {
            if tasks.len() == SUBMIT_MAX {
                return Err(A::Error::invalid_length(SUBMIT_MAX + 1, &self));
            }
            tasks.push(task);
        }
        Ok(Tasks(tasks))
    }
}

/// The elements of an array, of which there may be many more than are kept: a body of a few
/// megabytes has room for millions.
struct Elements<'a> {
    elements: Vec<&'a RawValue>,
    count: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of tasks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements<'de>, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < SUBMIT_MAX {
            match seq.next_element()? {
                Some(element) => elements.push(element),
                None => break,
            }
        }
        let mut count = elements.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Elements { elements, count })
    }
}

fn too_many(count: usize) -> Refusal {
    let expected = format!("at most {SUBMIT_MAX} at once");
    let detail = format!("there are {count} tasks or more: expected {expected}");
    Problem::invalid("tasks", expected, detail).into()
}

/// The error with its place in the whole body, of which `part` is a part.
fn placed(error: ParseError, body: &[u8], part: &[u8]) -> ParseError {
    let start = (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    let before = body.get(..start).unwrap_or_default();
    let lines = before.iter().filter(|&&byte| byte == b'\n').count();
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let columns = if error.line == 1 {
        start - line_start
    } else {
        0
    };
    ParseError {
        line: error.line + lines,
        column: error.column + columns,
        ..error
    }
}

pub(super) fn convert(
    tasks: Vec<NewTask>,
    submission: &mut Submission<'_>,
) -> Result<Vec<port::NewTask>, Refusal> {
    submission.expect(tasks.iter().filter(|task| task.id.is_none()).count());
    let converted = tasks.into_iter().enumerate().map(|(index, task)| {
        let converted = submission.task(task);
        converted.map_err(|refusal| refusal.at_index(index))
    });
    converted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn an_error_in_an_element_has_its_place_in_the_whole() {
        let body = b"[{\"kind\": \"a\"},\n  {\"kind\": 7}]";
        let elements = parse::<Elements<'_>>(body).unwrap().elements;
        let text = elements[1].get().as_bytes();
        let error = placed(parse::<NewTask>(text).unwrap_err(), body, text);
        assert_eq!(error.line, 2);
        assert_eq!(&body[16 + error.column - 1..16 + error.column], b"7");
    }

    #[test]
    fn lines_are_tasks_and_blank_ones_are_none() {
        let body = b"{\"kind\": \"a\"}\n\n  \r\n{\"kind\": \"b\"}\r\n";
        let tasks = lines(body).unwrap();
        assert_eq!(tasks.len(), 2);
        assert!(lines(b"").unwrap().is_empty());
        let body = b"{\"kind\": \"a\"}\n\n {\"kind\": 7}";
        let refusal = lines(body).unwrap_err().into_response();
        assert_eq!(refusal.status(), 422);
    }

    #[test]
    fn what_is_neither_object_nor_array_is_refused() {
        for body in [&b"7"[..], b"", b"[7]", b"null", b"[{}", b"[[]]"] {
            let refusal = read(Form::Json, body).err().expect("refused");
            assert!(refusal.into_response().status().is_client_error());
        }
    }
}

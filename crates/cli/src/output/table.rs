//! Columns: aligned, headed and as wide as the terminal where people look; bare, whole and separated by
//! tabs in a pipe.

use console::{measure_text_width, truncate_str};

use super::{is_terminal, width};

/// Between two columns.
const GAP: usize = 2;
/// Where there is no room, a column is cut to this at least: a state is still whole.
const COLUMN_MIN: usize = 9;

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell per column.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.head.len(), "a cell per column");
        self.rows.push(cells);
    }

    /// The text for whoever reads stdout; `None` if there is nothing to show.
    pub(crate) fn render(&self) -> Option<String> {
        if is_terminal() {
            self.for_people(width())
        } else {
            self.for_pipes()
        }
    }

    fn for_pipes(&self) -> Option<String> {
        let lines: Vec<_> = self.rows.iter().map(|row| row.join("\t")).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The text for people, whoever reads it, in this room.
    pub(crate) fn for_people(&self, room: Option<usize>) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let head: Vec<String> = self.head.iter().map(|&name| name.to_owned()).collect();
        let mut widths = self.widths();
        if let Some(room) = room {
            narrow(&mut widths, room);
        }
        let lines = std::iter::once(&head).chain(&self.rows);
        let lines: Vec<_> = lines.map(|row| line(row, &widths)).collect();
        Some(lines.join("\n"))
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self
            .head
            .iter()
            .map(|name| measure_text_width(name))
            .collect();
        for row in &self.rows {
            for (cell, most) in row.iter().zip(&mut widths) {
                *most = measure_text_width(cell).max(*most);
            }
        }
        widths
    }
}

/// Takes what is too much from the widest columns. The first is kept whole: it is what people copy.
fn narrow(widths: &mut [usize], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut surplus = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while surplus > 0 {
        let rest = widths.iter_mut().skip(1);
        let Some(widest) = rest.max().filter(|widest| **widest > COLUMN_MIN) else {
            return;
        };
        *widest -= 1;
        surplus -= 1;
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, &most) in cells.iter().zip(widths) {
        let cell = truncate_str(cell, most, "…");
        line.push_str(&cell);
        let seen = measure_text_width(&cell);
        line.push_str(&" ".repeat(most.saturating_sub(seen) + GAP));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["NAME", "N"]);
        table.row(vec!["\x1b[31mred\x1b[0m".into(), "1".into()]);
        table.row(vec!["longest".into(), "22".into()]);
        table
    }

    #[test]
    fn people_get_columns() {
        assert_eq!(
            table().for_people(None).unwrap(),
            "NAME     N\n\x1b[31mred\x1b[0m      1\nlongest  22"
        );
    }

    #[test]
    fn pipes_get_tabs() {
        assert_eq!(
            table().for_pipes().unwrap(),
            "\x1b[31mred\x1b[0m\t1\nlongest\t22"
        );
        assert_eq!(Table::new(&["A"]).for_people(None), None);
        assert_eq!(Table::new(&["A"]).for_pipes(), None);
    }

    #[test]
    fn what_has_no_room_is_cut_where_most_is_and_never_in_the_first_column() {
        let mut table = Table::new(&["ID", "KIND", "ERROR"]);
        let error = "a very long text of what went wrong".to_owned();
        table.row(vec!["0123456789".into(), "emails".into(), error]);
        let text = table.for_people(Some(40)).unwrap();
        assert_eq!(
            text,
            "ID          KIND    ERROR\n0123456789  emails  a very long text of…"
        );
        // Wide characters take two columns, and what does not fit at all is left as it is.
        table.row(vec!["日本".into(), "語".into(), "x".repeat(50)]);
        let text = table.for_people(Some(10)).unwrap();
        assert!(text.contains("日本        語"), "{text}");
        assert!(text.contains("xxxxxxx…"), "{text}");
    }
}

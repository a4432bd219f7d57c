//! Columns: aligned and headed on a terminal, bare and separated by tabs in a pipe.

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

    /// The text; `None` if there is nothing to show.
    pub(crate) fn render(&self, for_people: bool) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        if !for_people {
            let lines: Vec<_> = self.rows.iter().map(|row| row.join("\t")).collect();
            return Some(lines.join("\n"));
        }
        let head: Vec<String> = self.head.iter().map(|&name| name.to_owned()).collect();
        let widths = self.widths();
        let lines = std::iter::once(&head).chain(&self.rows);
        let lines: Vec<_> = lines.map(|row| line(row, &widths)).collect();
        Some(lines.join("\n"))
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self.head.iter().map(|name| width(name)).collect();
        for row in &self.rows {
            for (cell, most) in row.iter().zip(&mut widths) {
                *most = width(cell).max(*most);
            }
        }
        widths
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, most) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(most - width(cell) + 2));
    }
    line.trim_end().to_owned()
}

/// How many characters are seen: colours are not.
fn width(cell: &str) -> usize {
    let mut seen = 0;
    let mut in_colour = false;
    for c in cell.chars() {
        match c {
            '\x1b' => in_colour = true,
            'm' if in_colour => in_colour = false,
            _ if in_colour => {}
            _ => seen += 1,
        }
    }
    seen
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
            table().render(true).unwrap(),
            "NAME     N\n\x1b[31mred\x1b[0m      1\nlongest  22"
        );
    }

    #[test]
    fn pipes_get_tabs() {
        assert_eq!(
            table().render(false).unwrap(),
            "\x1b[31mred\x1b[0m\t1\nlongest\t22"
        );
        assert_eq!(Table::new(&["A"]).render(true), None);
    }
}

//! A reader of the text formats that forgives nothing.

use std::collections::BTreeMap;

/// What a scrape says.
#[derive(Debug, Default)]
pub(crate) struct Scrape {
    /// The types of the families, by name.
    pub(crate) families: BTreeMap<String, String>,
    /// The samples, by name and labels as they stand there.
    pub(crate) series: BTreeMap<String, f64>,
}

impl Scrape {
    /// The text format 0.0.4. A counter's family is named as its samples are.
    #[track_caller]
    pub(crate) fn plain(text: &str) -> Self {
        assert!(
            !text.contains("# EOF") && !text.contains("# UNIT"),
            "{text}"
        );
        Self::read(text, |family, kind| match kind {
            "counter" => {
                assert!(family.ends_with("_total"), "{family}");
                vec![String::new()]
            }
            other => suffixes(other),
        })
    }

    /// OpenMetrics 1.0. A counter's samples have a suffix that its family has not.
    #[track_caller]
    pub(crate) fn open(text: &str) -> Self {
        let text = text.strip_suffix("# EOF\n").expect("an end");
        Self::read(text, |family, kind| match kind {
            "counter" => {
                assert!(!family.ends_with("_total"), "{family}");
                vec!["_total".to_owned()]
            }
            other => suffixes(other),
        })
    }

    /// The sample of a series, such as `name{label="value"}`.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        self.series.get(series).copied()
    }

    #[track_caller]
    fn read(text: &str, suffixes: impl Fn(&str, &str) -> Vec<String>) -> Self {
        let mut scrape = Self::default();
        let (mut helped, mut family, mut names) = (String::new(), String::new(), Vec::new());
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect("a help text");
                assert!(!help.is_empty());
                name.clone_into(&mut helped);
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                assert_eq!(name, helped, "each family has its help first");
                assert!(name.starts_with("duly_") && is_name(name), "{name}");
                let known = scrape.families.insert(name.to_owned(), kind.to_owned());
                assert_eq!(known, None, "{name} is there twice");
                let suffixes = suffixes(name, kind);
                names = suffixes
                    .iter()
                    .map(|suffix| format!("{name}{suffix}"))
                    .collect();
                name.clone_into(&mut family);
            } else if let Some(unit) = line.strip_prefix("# UNIT ") {
                let (name, unit) = unit.split_once(' ').expect("a unit");
                assert!(
                    name == family && name.ends_with(&format!("_{unit}")),
                    "{line}"
                );
            } else {
                scrape.sample(line, &names);
            }
        }
        scrape.histograms_add_up();
        scrape
    }

    #[track_caller]
    fn sample(&mut self, line: &str, names: &[String]) {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let name = series.split('{').next().unwrap();
        assert!(
            names.iter().any(|known| known == name),
            "{line:?} is none of {names:?}"
        );
        if let Some(labels) = series
            .strip_prefix(name)
            .filter(|labels| !labels.is_empty())
        {
            check_labels(labels);
        }
        let value: f64 = value.parse().expect("a number");
        assert!(value.is_finite(), "{line}");
        let known = self.series.insert(series.to_owned(), value);
        assert_eq!(known, None, "{series} is there twice");
    }

    /// Buckets count up, and the last of them counts all.
    #[track_caller]
    fn histograms_add_up(&self) {
        for (family, _) in self
            .families
            .iter()
            .filter(|(_, kind)| *kind == "histogram")
        {
            let count = format!("{family}_count");
            for (series, count) in self
                .series
                .iter()
                .filter(|(name, _)| name.starts_with(&count))
            {
                let labels = &series[family.len() + "_count".len()..];
                let labels = labels.trim_matches(['{', '}']);
                let start = format!("{family}_bucket{{");
                let of = |name: &&String| name.starts_with(&start) && name.contains(labels);
                let buckets = self.series.iter().filter(|(name, _)| of(name));
                let all: Vec<f64> = buckets.map(|(_, value)| *value).collect();
                let infinite = self.series.iter().filter(|(name, _)| of(name));
                let infinite = infinite.filter(|(name, _)| name.contains("le=\"+Inf\""));
                let infinite: Vec<f64> = infinite.map(|(_, value)| *value).collect();
                assert_eq!(infinite, [*count], "{series}");
                assert!(all.iter().all(|bucket| bucket <= count), "{series}");
            }
        }
    }
}

fn suffixes(kind: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        "gauge" => &[""],
        "histogram" => &["_bucket", "_sum", "_count"],
        other => panic!("{other} is no type of both formats"),
    };
    suffixes.iter().map(|&suffix| suffix.to_owned()).collect()
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(good)
}

/// `{name="value",…}`, with quotes, backslashes and ends of lines escaped.
#[track_caller]
fn check_labels(labels: &str) {
    let inner = labels
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let mut rest = inner.expect("labels in braces");
    loop {
        let (name, value) = rest.split_once("=\"").expect("a name and a value");
        assert!(is_name(name), "{labels}");
        let mut characters = value.char_indices();
        let end = loop {
            match characters.next().expect("a value that ends") {
                (end, '"') => break end,
                (_, '\\') => {
                    let escaped = characters.next().map(|(_, escaped)| escaped);
                    assert!(matches!(escaped, Some('\\' | '"' | 'n')), "{labels}");
                }
                _ => {}
            }
        };
        match value[end + 1..].strip_prefix(',') {
            Some(more) => rest = more,
            None => return assert_eq!(&value[end + 1..], "", "{labels}"),
        }
    }
}

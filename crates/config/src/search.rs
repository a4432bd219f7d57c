//! Which file is read.

use std::ffi::OsString;
use std::path::PathBuf;

/// The name of the file wherever it is looked for.
const NAME: &str = "duly.yaml";

/// The first file that there is of `./duly.yaml`, `$XDG_CONFIG_HOME/duly/duly.yaml` (unless set:
/// `$HOME/.config/duly/duly.yaml`) and `/etc/duly/duly.yaml`.
///
/// `variable` answers the environment, so that a caller can say what it is.
#[must_use]
pub fn search(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let mut places = places(variable).into_iter();
    // What is there and cannot be read is an error when it is read, and no reason to go on looking.
    places.find(|path| path.symlink_metadata().is_ok())
}

fn places(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
    let home = home.map(|home| home.join("duly").join(NAME));
    let system = PathBuf::from("/etc/duly").join(NAME);
    [Some(PathBuf::from(NAME)), home, Some(system)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_is_looked_for_first() {
        let none = |_: &str| None;
        let found = |variables: &dyn Fn(&str) -> Option<OsString>| {
            let places = places(variables);
            places
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&none), ["duly.yaml", "/etc/duly/duly.yaml"]);
        let home = |name: &str| (name == "HOME").then(|| "/people/ada".into());
        assert_eq!(found(&home)[1], "/people/ada/.config/duly/duly.yaml");
        let both = |name: &str| {
            Some(OsString::from(match name {
                "XDG_CONFIG_HOME" => "/xdg",
                _ => "/people/ada",
            }))
        };
        assert_eq!(found(&both)[1], "/xdg/duly/duly.yaml");
        assert_eq!(
            found(&|_: &str| Some("".into())).len(),
            2,
            "what is empty is not set"
        );
    }

    #[test]
    fn the_first_that_is_there_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let variable = |name: &str| (name == "XDG_CONFIG_HOME").then(|| folder.path().into());
        let file = folder.path().join("duly/duly.yaml");
        std::fs::create_dir(folder.path().join("duly")).unwrap();
        std::fs::write(&file, "").unwrap();
        assert_eq!(search(variable), Some(file));
    }
}

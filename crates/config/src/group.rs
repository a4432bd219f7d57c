//! How settings are declared, once: the struct, its defaults, and what can be said about each.

use serde_json::Value;

use crate::form::{Form, Read};
use crate::node::Node;

/// When a change of a setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// When the configuration is loaded anew.
    AtOnce,
    /// When the process starts the next time.
    AtStart,
}

/// What is known of a setting besides its value.
pub(crate) struct About {
    /// Its name within its group.
    pub(crate) name: &'static str,
    /// Its documentation.
    pub(crate) text: &'static str,
    pub(crate) effect: Effect,
    /// What the template shows where the default is to have none.
    pub(crate) example: Option<&'static str>,
}

/// Settings that belong together.
pub(crate) trait Group {
    /// Shows every setting to the visitor.
    fn walk(&mut self, visitor: &mut dyn Visitor);
}

/// Who goes through settings.
pub(crate) trait Visitor {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting);
    fn group(&mut self, name: &'static str, text: &'static str, group: &mut dyn Group);
    fn named(&mut self, name: &'static str, text: &'static str, groups: &mut dyn Named);
}

/// A value that can be read and shown, whatever its type.
pub(crate) trait Setting {
    fn expected(&self) -> &str;
    fn read(&mut self, node: &Node) -> Read<()>;
    fn reveal(&self) -> Value;
    fn show(&self) -> Value;
}

/// A value with its form.
pub(crate) struct Slot<'a, T> {
    pub(crate) value: &'a mut T,
    pub(crate) form: Form<T>,
}

impl<T> Setting for Slot<'_, T> {
    fn expected(&self) -> &str {
        &self.form.expected
    }

    fn read(&mut self, node: &Node) -> Read<()> {
        *self.value = (self.form.read)(node)?;
        Ok(())
    }

    fn reveal(&self) -> Value {
        (self.form.reveal)(self.value)
    }

    fn show(&self) -> Value {
        (self.form.show)(self.value)
    }
}

/// Groups by names that the user chooses.
pub(crate) trait Named {
    fn names(&self) -> Vec<String>;
    /// The group of this name, made if there is none.
    fn entry(&mut self, name: &str) -> &mut dyn Group;
    /// The name that the template gives an example of.
    fn example(&self) -> &'static str;
    /// Their order counts.
    fn is_ordered(&self) -> bool {
        false
    }
}

impl<T: Group + Default + Example> Named for std::collections::BTreeMap<String, T> {
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn entry(&mut self, name: &str) -> &mut dyn Group {
        self.entry(name.to_owned()).or_default()
    }

    fn example(&self) -> &'static str {
        T::NAME
    }
}

/// Values by names that the user chooses, in the order in which they were named first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered<T>(Vec<(String, T)>);

impl<T> Ordered<T> {
    /// The values with their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Group + Default + Example> Named for Ordered<T> {
    fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| name.to_owned()).collect()
    }

    fn entry(&mut self, name: &str) -> &mut dyn Group {
        let known = self.0.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.0.push((name.to_owned(), T::default()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    fn example(&self) -> &'static str {
        T::NAME
    }

    fn is_ordered(&self) -> bool {
        true
    }
}

/// A group that is there by a name.
pub(crate) trait Example {
    /// A name for the template.
    const NAME: &'static str;
}

/// Declares a group: `[effect] name: Type = default, form;`, and after the form `, example "…"`
/// where the default is to have none. The documentation of a field is that of the setting.
macro_rules! group {
    ($(#[doc = $about:literal])+ $group:ident { $(
        $(#[doc = $text:literal])+
        [$effect:ident] $name:ident: $type:ty = $default:expr, $form:expr
            $(, example $example:literal)?;
    )+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $group { $(
            $(#[doc = $text])+
            #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
            pub $name: $type,
        )+ }

        impl Default for $group {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl $group {
            pub(crate) const ABOUT: &str = concat!($($about, "\n"),+);
        }

        impl $crate::group::Group for $group {
            fn walk(&mut self, visitor: &mut dyn $crate::group::Visitor) {
                $({
                    #[allow(unused_mut, unused_assignments)]
                    let mut example = None;
                    $(example = Some($example);)?
                    let about = $crate::group::About {
                        name: stringify!($name),
                        text: concat!($($text, "\n"),+),
                        effect: $crate::group::Effect::$effect,
                        example,
                    };
                    let mut slot = $crate::group::Slot { value: &mut self.$name, form: $form };
                    visitor.setting(&about, &mut slot);
                })+
            }
        }
    };
}

pub(crate) use group;

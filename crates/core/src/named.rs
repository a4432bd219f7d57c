//! What enums with names and codes have in common, and what errors have.

/// For an enum with `ALL`, whose members are numbered in order, and `name`: its code and back, and its
/// name as text and back.
macro_rules! named {
    ($type:ident, $error:ident) => {
        impl $type {
            /// The number that stores keep.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// From [`code`](Self::code).
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(usize::from(code)).copied()
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl core::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.name() == text)
                    .ok_or($error)
            }
        }
    };
}

/// The text of an error, from the fields that it names.
macro_rules! error {
    ($type:ident $({ $($field:ident),+ })?, $text:literal) => {
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $(let Self { $($field,)+ .. } = self;)?
                write!(f, $text)
            }
        }

        impl core::error::Error for $type {}
    };
}

pub(crate) use {error, named};

//! This store under the suite that every store passes.

mod support;

use support::rig;

duly_store::conformance!(rig);

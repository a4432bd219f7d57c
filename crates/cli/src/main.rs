//! The binary `duly`.
fn main() {}

//! The project's automation: ci, test, tidy, vendor.

fn main() {}

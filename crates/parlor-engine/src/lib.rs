//! One connection handler on every I/O model.

//! Rooms, messages and history.

//! What is free in the heap goes back to the system.

use std::ffi::c_int;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" {
    /// Takes no pointer and may be called at any time from any thread: malloc_trim(3).
    safe fn malloc_trim(pad: usize) -> c_int;
}

/// Gives the heap's free pages back (`madvise(2)`, by malloc_trim(3)); a few milliseconds for tens of
/// megabytes. Where the C library or the program has another allocator, nothing happens.
pub(crate) fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    malloc_trim(0);
}

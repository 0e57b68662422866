//! The lecture, chapter by chapter: why there are so many ways to wait, in the order in which one
//! meets their walls.
//!
//! The text lies in `docs/lecture/`, where it can be read without this documentation. It is here so
//! that what explains the models stands beside them, in the order of the lesson.

#![doc = include_str!("../../../docs/lecture/README.md")]

#[doc = include_str!("../../../docs/lecture/00-c10k.md")]
pub mod _00_c10k {}
#[doc = include_str!("../../../docs/lecture/01-blocking.md")]
pub mod _01_blocking {}
#[doc = include_str!("../../../docs/lecture/02-threads.md")]
pub mod _02_threads {}
#[doc = include_str!("../../../docs/lecture/03-pool.md")]
pub mod _03_pool {}
#[doc = include_str!("../../../docs/lecture/04-prefork.md")]
pub mod _04_prefork {}
#[doc = include_str!("../../../docs/lecture/05-socketserver.md")]
pub mod _05_socketserver {}
#[doc = include_str!("../../../docs/lecture/06-select.md")]
pub mod _06_select {}
#[doc = include_str!("../../../docs/lecture/07-coroutines.md")]
pub mod _07_coroutines {}
#[doc = include_str!("../../../docs/lecture/08-asyncio.md")]
pub mod _08_asyncio {}

//! The lecture's coroutine: `cargo run -p parlor-engine --example is_divisor`.
//!
//! It waits for a number and answers whether that divides the one it was made with. Values go in
//! with `send` and come out as its result; Python's `x = yield answer` is
//! `x = caller.answer(…).await` here.

#![expect(clippy::print_stdout, reason = "the answers are what it is for")]

use parlor_engine::Coroutine;

fn yes_or_no(divides: bool) -> &'static str {
    if divides { "yes" } else { "no" }
}

/// Whether what it is sent divides `number`.
fn is_divisor(number: u64) -> Coroutine<u64, &'static str> {
    Coroutine::new(async move |caller| {
        // The first value comes with nothing to answer yet.
        let mut x = caller.receive().await;
        loop {
            x = caller.answer(yes_or_no(number.is_multiple_of(x))).await;
        }
    })
}

/// The same, and how many divisors there have been so far. The count is a variable like any
/// other: it is there when the coroutine goes on.
fn is_divisor_counting(number: u64) -> Coroutine<u64, (&'static str, u64)> {
    Coroutine::new(async move |caller| {
        let mut count = 0;
        let mut x = caller.receive().await;
        loop {
            let divides = number.is_multiple_of(x);
            if divides {
                count += 1;
            }
            x = caller.answer((yes_or_no(divides), count)).await;
        }
    })
}

fn main() {
    let mut divides = is_divisor(55);
    for x in [2, 5, 11] {
        if let Some(answer) = divides.send(x) {
            println!("{x}: {answer}");
        }
    }

    // Two of them, each with a count of its own.
    let (mut of_55, mut of_12) = (is_divisor_counting(55), is_divisor_counting(12));
    for x in [2, 5, 11] {
        if let (Some((answer, count)), Some((other, others))) = (of_55.send(x), of_12.send(x)) {
            println!("{x}: ({answer}, {count}) of 55, ({other}, {others}) of 12");
        }
    }
}

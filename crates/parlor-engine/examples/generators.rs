//! The lecture's generators: `cargo run -p parlor-engine --example generators`.
//!
//! Python's `yield` is `caller.give(…).await` here, and its `range` one function of three lines.

#![expect(clippy::print_stdout, reason = "the numbers are what it is for")]

use parlor_engine::Generator;

/// The numbers from 0 up to `end`, one at a time: a list of a million would be 8 MB.
fn my_range(end: u64) -> Generator<u64> {
    Generator::new(async move |caller| {
        let mut number = 0;
        while number < end {
            caller.give(number).await;
            number += 1;
        }
    })
}

/// The odd ones among them.
fn odd_numbers(end: u64) -> Generator<u64> {
    Generator::new(async move |caller| {
        for number in my_range(end) {
            if number % 2 == 1 {
                caller.give(number).await;
            }
        }
    })
}

/// Every second of whatever it is given: the first, the third, and so on.
fn every_second(numbers: Generator<u64>) -> Generator<u64> {
    Generator::new(async move |caller| {
        let mut wanted = true;
        for number in numbers {
            if wanted {
                caller.give(number).await;
            }
            wanted = !wanted;
        }
    })
}

fn main() {
    // By hand: it runs as far as its first value, then as far as its second.
    let mut numbers = my_range(2);
    println!("next {:?}", numbers.next());
    println!("next {:?}", numbers.next());
    println!("next {:?}", numbers.next());

    // A million numbers, of which there is never more than one.
    println!("sum {}", my_range(1_000_000).sum::<u64>());

    for number in odd_numbers(10) {
        println!("odd {number}");
    }

    // Chained: each value is asked for through all three of them.
    for number in every_second(odd_numbers(10)) {
        println!("every second odd {number}");
    }
}

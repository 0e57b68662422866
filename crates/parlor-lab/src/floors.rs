//! Each server beside the bare loop of its kind, in the same round.
//!
//! A shared machine has slow and fast minutes, and they weigh more than what is to be seen. So who is
//! compared is measured one right after the other, in the other order every second round, and what
//! is quoted is the median of the rounds' own ratios rather than the ratio of two medians.

use crate::record::{
    CPU, CPU_FLOORS, DELIVERIES, DELIVERIES_FLOORS, FLAT_CPU, FLAT_CPU_FLOORS, Metric, Row,
};
use crate::subject::{Floor, Subject};

/// What is compared, and the figure that it makes.
static COMPARED: [(&Metric, &Metric); 3] =
    [(&CPU, &CPU_FLOORS), (&FLAT_CPU, &FLAT_CPU_FLOORS), (&DELIVERIES, &DELIVERIES_FLOORS)];

/// The order in which the rows of a case are measured in a round.
pub(crate) fn order(rows: &[Row], round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    // A floor and what is built over it; who has no floor of its own comes after them.
    order.sort_by_key(|at| match &rows[*at].subject {
        Subject::Floor(floor) => (*floor as usize, false),
        other => (Floor::of(other.family()).map_or(usize::MAX, |floor| floor as usize), true),
    });
    if !round.is_multiple_of(2) {
        order.reverse();
    }
    order
}

/// Adds to a round's samples what they are in floors.
pub(crate) fn compare(rows: &mut [Row], round: usize) {
    let floor_of = |row: &Row| match row.subject {
        Subject::Floor(floor) => Some(floor),
        Subject::Model(_) | Subject::Peer { .. } => None,
    };
    let here: Vec<Floor> = rows.iter().filter_map(floor_of).collect();
    let figures = |row: &Row| -> Option<[Option<f64>; COMPARED.len()]> {
        let sample = row.samples.iter().find(|sample| sample.round == round)?;
        Some(COMPARED.map(|(metric, _)| sample.get(metric)))
    };
    let floors: Vec<_> =
        rows.iter().filter_map(|row| Some((floor_of(row)?, figures(row)?))).collect();
    for row in rows.iter_mut().filter(|row| floor_of(row).is_none()) {
        // A case that the bare loop of its kind has no part in, as a broadcast, has another one.
        let own = Floor::of(row.subject.family()).filter(|floor| here.contains(floor));
        let floor = floors.iter().find(|(floor, _)| own.is_none_or(|own| own == *floor));
        let Some((_, floor)) = floor else { continue };
        let Some(sample) = row.samples.iter_mut().find(|sample| sample.round == round) else {
            continue;
        };
        for ((metric, in_floors), floor) in COMPARED.iter().zip(floor) {
            if let (Some(value), Some(floor)) = (sample.get(metric), floor) {
                sample.add(in_floors, value / floor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Sample;

    fn rows(of: &[(&str, &'static Metric, f64)]) -> Vec<Row> {
        let row = |(subject, metric, value): &(&str, &'static Metric, f64)| {
            Row::measured("echo", subject, 100, &[(metric, *value)])
        };
        of.iter().map(row).collect()
    }

    #[test]
    fn who_is_compared_is_measured_one_after_the_other() {
        let names =
            ["floor:epoll", "floor:io_uring", "threads", "epoll:1", "io_uring:1", "tokio:1"];
        let rows = rows(&names.map(|name| (name, &CPU, 1.0)));
        let order = |round| order(&rows, round).into_iter().map(|at| names[at]).collect::<Vec<_>>();
        let first =
            ["floor:epoll", "epoll:1", "floor:io_uring", "io_uring:1", "threads", "tokio:1"];
        assert_eq!(order(0), first);
        assert_eq!(order(1), first.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(order(2), first);
    }

    #[test]
    fn each_has_the_floor_of_its_kind_and_of_its_round() {
        let mut rows = rows(&[
            ("floor:epoll", &CPU, 4.0),
            ("floor:io_uring", &CPU, 5.0),
            ("epoll:1", &CPU, 5.0),
            ("io_uring:1", &CPU, 5.0),
            ("tokio:1", &CPU, 6.0),
        ]);
        compare(&mut rows, 0);
        let ratios: Vec<_> = rows.iter().map(|row| row.median(&CPU_FLOORS)).collect();
        assert_eq!(ratios, [None, None, Some(1.25), Some(1.0), Some(1.5)]);
        // A slow minute hits both, and says nothing of either.
        for (row, cpu) in rows.iter_mut().zip([8.0, 10.0, 10.0]) {
            let mut sample = Sample::default().in_round(1);
            sample.add(&CPU, cpu);
            row.samples.push(sample);
        }
        compare(&mut rows, 1);
        assert_eq!(rows[2].median(&CPU_FLOORS), Some(1.25));
        assert_eq!(rows[2].samples[1].get(&CPU_FLOORS), Some(1.25));
        assert_eq!(rows[4].samples.len(), 1, "it failed in that round");
        // Without its own floor in a round it is not compared with another one.
        let mut sample = Sample::default().in_round(2);
        sample.add(&CPU, 7.0);
        let mut ring = rows.split_off(3).swap_remove(0);
        ring.samples.push(sample);
        rows.push(ring);
        compare(&mut rows, 2);
        assert_eq!(rows[3].samples[1].get(&CPU_FLOORS), None);
    }

    #[test]
    fn a_broadcast_has_the_relay() {
        let mut rows = rows(&[("floor:relay", &DELIVERIES, 2.0), ("epoll:1", &DELIVERIES, 3.0)]);
        compare(&mut rows, 0);
        assert_eq!(rows[1].median(&DELIVERIES_FLOORS), Some(1.5));
        let mut alone = rows.split_off(1);
        alone[0].samples[0] = Sample::default();
        compare(&mut alone, 0);
        assert_eq!(alone[0].median(&DELIVERIES_FLOORS), None, "nothing to compare with");
    }
}

//! Which model to use and what it costs, in words: every number and every name from this run.
//!
//! A sentence is said only when the run has what it rests on. Differences below [`CLOSE`] are called
//! none, since they would be others tomorrow.

use crate::record::{
    CPU, FLAT_CALLS, FLAT_CPU, FLAT_CPU_FLOORS, HELD, Metric, P50, RATE, Row, SERVED, STALLED,
    group,
};
use crate::scenario::idle::Each;
use crate::subject::Subject;

/// What is nearer than this to the best is as good, on a machine that does other things besides.
const CLOSE: f64 = 1.10;

/// One thing to know.
#[derive(Debug)]
pub(crate) struct Advice {
    pub(crate) about: &'static str,
    pub(crate) says: String,
}

/// All that this run can say.
pub(crate) fn give(rows: &[Row]) -> Vec<Advice> {
    let parts = [
        ("Many connections", many(rows)),
        ("Few connections", few(rows)),
        ("Under load", load(rows)),
        ("Memory", memory(rows)),
        ("Silent clients", silent(rows)),
        ("Walls", walls(rows)),
        ("System calls", calls(rows)),
        ("listen(10)", backlog(rows)),
    ];
    parts.into_iter().filter_map(|(about, says)| Some(Advice { about, says: says? })).collect()
}

/// Models of a scenario in the case with the most connections, or the fewest, that was measured.
fn case<'a>(rows: &'a [Row], scenario: &str, most: bool) -> Vec<&'a Row> {
    let own = rows.iter().filter(|row| row.scenario == scenario && row.was_tried());
    let own: Vec<&Row> = own.collect();
    let amounts = own.iter().map(|row| row.case.amount);
    let amount = if most { amounts.max() } else { amounts.min() };
    own.into_iter().filter(|row| Some(row.case.amount) == amount).collect()
}

fn is_model(row: &Row) -> bool {
    matches!(row.subject, Subject::Model(_))
}

/// Whether all connections of the case were served.
fn whole(row: &Row) -> bool {
    row.median(&SERVED).is_some_and(|served| served >= row.case.amount as f64)
}

/// Models by a figure, the least first.
fn ranked<'a>(rows: &[&'a Row], metric: &Metric) -> Vec<(&'a Row, f64)> {
    let mut ranked: Vec<(&Row, f64)> = rows
        .iter()
        .copied()
        .filter(|row| is_model(row))
        .filter_map(|row| Some((row, row.median(metric)?)))
        .collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    ranked
}

/// Who spends least, who is as good, and how far it is from the floor.
fn many(rows: &[Row]) -> Option<String> {
    let case = case(rows, "echo", true);
    let served: Vec<&Row> = case.iter().copied().filter(|row| whole(row)).collect();
    let ranked = ranked(&served, &FLAT_CPU);
    let ((best, least), rest) = ranked.split_first()?;
    let floors = best.median(&FLAT_CPU_FLOORS);
    let floor = floors
        .map_or(String::new(), |floors| format!(", {floors:.2} times what a bare loop spends"));
    let as_good: Vec<String> =
        rest.iter().filter(|(_, cpu)| cpu / least <= CLOSE).map(|(row, _)| name(row)).collect();
    let as_good = match as_good.as_slice() {
        [] => String::new(),
        names => format!(" As good, within 10 %: {}.", names.join(", ")),
    };
    let worst = rest.last().filter(|(_, cpu)| cpu / least > CLOSE);
    let worst = worst
        .map_or(String::new(), |(row, cpu)| format!(" The dearest, {}: {cpu:.1} µs.", name(row)));
    let out: Vec<String> =
        case.iter().filter(|row| is_model(row) && !whole(row)).map(|row| name(row)).collect();
    let out = match out.as_slice() {
        [] => String::new(),
        names => format!(" Not with so many: {}.", names.join(", ")),
    };
    Some(format!(
        "With {} {} spends least: {least:.1} µs of CPU a message{floor}.{as_good}{worst}{out}",
        best.case.label,
        name(best),
    ))
}

/// With few clients the model hardly matters.
fn few(rows: &[Row]) -> Option<String> {
    let case = case(rows, "echo", false);
    let ranked = ranked(&case, &FLAT_CPU);
    let ((best, least), rest) = ranked.split_first()?;
    let (worst, most) = rest.last()?;
    let label = &best.case.label;
    Some(if most / least <= 1.5 {
        format!(
            "With {label} all models cost about the same, {least:.0} to {most:.0} µs a message: \
             take the one whose code you like to read."
        )
    } else {
        format!(
            "With {label} a message costs {least:.1} µs on {} and {most:.1} µs on {}.",
            name(best),
            name(worst)
        )
    })
}

/// Who falls behind.
fn load(rows: &[Row]) -> Option<String> {
    let case = case(rows, "c10k", true);
    let served: Vec<&Row> = case.into_iter().filter(|row| is_model(row) && whole(row)).collect();
    let label = &served.first()?.case.label;
    let behind = |row: &&&Row| row.median(&P50).is_none();
    let fallen: Vec<String> = served
        .iter()
        .filter(behind)
        .map(|row| match row.median(&RATE) {
            Some(rate) => format!("{} ({}/s)", name(row), RATE.format(rate)),
            None => name(row),
        })
        .collect();
    let offered = 5 * served.first()?.case.amount;
    let offered = group(&offered.to_string());
    let kept: Vec<String> = served
        .iter()
        .filter(|row| row.median(&P50).is_some())
        .map(|row| match row.median(&CPU) {
            Some(cpu) => format!("{} ({cpu:.1} µs)", name(row)),
            None => name(row),
        })
        .collect();
    let kept = match kept.as_slice() {
        [] => "nobody keeps up".to_owned(),
        names => format!("these keep up: {}", names.join(", ")),
    };
    let fallen = match fallen.as_slice() {
        [] => String::new(),
        names => format!(" Fallen behind, or not to be judged: {}.", names.join(", ")),
    };
    Some(format!("At {offered} messages a second over {label} {kept}.{fallen}"))
}

/// KiB of one idle connection, from the ladder: user space, and kernel with stacks.
fn idle_memory(rows: &[Row]) -> Vec<(String, f64, f64)> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.scenario == "idle").collect();
    let mut found: Vec<(String, f64, f64)> = Vec::new();
    for row in rows.iter().filter(|row| is_model(row)) {
        let name = row.subject.name();
        if found.iter().any(|(known, ..)| *known == name) {
            continue;
        }
        if let Some(each) = Each::of(&name, &rows) {
            // Less than nothing is what the machine did meanwhile.
            found.push((name, each.user.max(0.0), (each.objects + each.stacks).max(0.0)));
        }
    }
    found.sort_by(|a, b| (a.1 + a.2).total_cmp(&(b.1 + b.2)));
    found
}

fn memory(rows: &[Row]) -> Option<String> {
    let found = idle_memory(rows);
    let (least, most) = (found.first()?, found.last()?);
    let words = |(name, user, kernel): &(String, f64, f64)| {
        format!("{name} {user:.1} KiB of the program's and {kernel:.1} KiB of the kernel's")
    };
    (found.len() > 1).then(|| {
        format!(
            "One idle connection takes, both ends: on {}; on {}. Ten thousand are {:.0} MiB and {:.0} MiB.",
            words(least),
            words(most),
            (least.1 + least.2) * 10_000.0 / 1024.0,
            (most.1 + most.2) * 10_000.0 / 1024.0
        )
    })
}

/// What idle connections cost the busy ones.
fn silent(rows: &[Row]) -> Option<String> {
    let (without, with) = (case(rows, "idle", false), case(rows, "idle", true));
    let ratios: Vec<(String, f64)> = with
        .iter()
        .filter(|row| is_model(row) && row.median(&HELD) >= Some(row.case.amount as f64))
        .filter_map(|row| {
            let before = without.iter().find(|other| other.subject == row.subject)?;
            Some((name(row), row.median(&CPU)? / before.median(&CPU)?))
        })
        .collect();
    let label = with.first().filter(|row| row.case.amount > 0)?.case.label.clone();
    let (dear, free): (Vec<_>, Vec<_>) = ratios.into_iter().partition(|(_, ratio)| *ratio > 1.25);
    let free: Vec<String> = free.into_iter().map(|(name, _)| name).collect();
    let dear: Vec<String> =
        dear.into_iter().map(|(name, ratio)| format!("{name} ({ratio:.1} times)")).collect();
    let (free, dear) = (free.join(", "), dear.join(", "));
    let costs = match (free.is_empty(), dear.is_empty()) {
        (true, true) => return None,
        (true, false) => format!("more everywhere: {dear}."),
        (false, true) => format!("the same, or less than a quarter more, on {free}."),
        (false, false) => {
            format!("the same, or less than a quarter more, on {free}. More on {dear}.")
        }
    };
    Some(format!("Beside {label} connections a busy client's message costs {costs}"))
}

/// How many each holds.
fn walls(rows: &[Row]) -> Option<String> {
    let case = case(rows, "c100k", true);
    let held = |row: &&Row| Some(format!("{} {}", name(row), SERVED.format(row.median(&SERVED)?)));
    let met: Vec<String> = case.iter().filter(|row| !whole(row)).filter_map(held).collect();
    let all: Vec<String> = case.iter().filter(|row| whole(row)).map(|row| name(row)).collect();
    let wanted = &case.first()?.case.label;
    let all = if all.is_empty() { "nobody".to_owned() } else { all.join(", ") };
    let met = match met.as_slice() {
        [] => String::new(),
        names => format!(" The others stop at: {}.", names.join(", ")),
    };
    Some(format!("{wanted} are held by {all}.{met}"))
}

/// Where io_uring shows.
fn calls(rows: &[Row]) -> Option<String> {
    let case = case(rows, "echo", true);
    let of = |family: &str, metric: &Metric| {
        case.iter().find(|row| row.subject.family() == family && whole(row))?.median(metric)
    };
    let (ring, epoll) = (of("io_uring", &FLAT_CALLS)?, of("epoll", &FLAT_CALLS)?);
    let cost = of("io_uring", &FLAT_CPU)? / of("epoll", &FLAT_CPU)?;
    let cost = match cost {
        more if more > CLOSE => format!("and yet spends {:.0} % more CPU", (more - 1.0) * 100.0),
        less if less < 1.0 / CLOSE => format!("and spends {:.0} % less CPU", (1.0 - less) * 100.0),
        _ => "for the same CPU time, within 10 %".to_owned(),
    };
    Some(format!("io_uring makes {ring:.2} system calls a message, epoll {epoll:.2}, {cost}."))
}

/// What a short backlog does.
fn backlog(rows: &[Row]) -> Option<String> {
    let stalled = |variant: &str| {
        let own = rows.iter().filter(|row| row.scenario == "oneshot");
        let own: Vec<f64> = own
            .filter(|row| row.case.variant == variant && is_model(row))
            .filter_map(|row| row.median(&STALLED))
            .collect();
        (!own.is_empty()).then(|| own.iter().copied().fold(0.0, f64::max))
    };
    let (short, roomy) = (stalled("10")?, stalled("4096")?);
    Some(if short > roomy {
        format!(
            "Up to {short:.0} clients of a run waited a second or longer because their SYN found no \
             room; with a backlog of 4,096 at most {roomy:.0}. Set the backlog."
        )
    } else {
        "In this run nobody was stalled by it; in others they are.".to_owned()
    })
}

fn name(row: &Row) -> String {
    row.subject.name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floors;
    use crate::record::{KERNEL_KIB, STACK_KIB, USER_KIB};

    fn said(rows: &[Row], about: &str) -> String {
        let found = give(rows).into_iter().find(|advice| advice.about == about);
        found.map(|advice| advice.says).unwrap_or_default()
    }

    #[test]
    fn nothing_measured_is_nothing_said() {
        assert!(give(&[]).is_empty());
    }

    #[test]
    fn the_cheapest_that_holds_all_is_named_with_its_equals() {
        let echo = |subject, served, cpu| {
            Row::measured("echo", subject, 1_000, &[(&SERVED, served), (&FLAT_CPU, cpu)])
        };
        let mut rows = [
            echo("floor:epoll", 1_000.0, 5.0),
            echo("pool", 5.0, 1.0),
            echo("epoll:1", 1_000.0, 6.0),
            echo("tokio:1", 1_000.0, 6.5),
            echo("threads", 1_000.0, 18.0),
        ];
        floors::compare(&mut rows, 0);
        let said = said(&rows, "Many connections");
        assert!(said.contains("epoll:1 spends least: 6.0 µs"), "{said}");
        assert!(said.contains("1.20 times") && said.contains("within 10 %: tokio:1"), "{said}");
        assert!(
            said.contains("dearest, threads: 18.0") && said.contains("so many: pool"),
            "{said}"
        );
    }

    #[test]
    fn memory_is_the_slope_of_the_ladder() {
        let step = |subject, held: u16, user, kernel, stack| {
            let figures = [
                (&HELD, f64::from(held)),
                (&USER_KIB, user),
                (&KERNEL_KIB, kernel),
                (&STACK_KIB, stack),
            ];
            Row::measured("idle", subject, usize::from(held), &figures)
        };
        let rows = [
            step("epoll:1", 0, 100.0, 0.0, 0.0),
            step("epoll:1", 1_000, 600.0, 4_500.0, 0.0),
            step("threads", 0, 100.0, 0.0, 0.0),
            step("threads", 1_000, 12_100.0, 9_000.0, 16_000.0),
        ];
        let said = said(&rows, "Memory");
        assert!(said.contains("epoll:1 0.5 KiB of the program's and 4.5 KiB"), "{said}");
        assert!(said.contains("threads 12.0 KiB of the program's and 25.0 KiB"), "{said}");
    }

    #[test]
    fn who_was_not_measured_is_not_judged() {
        let mut rows = [
            Row::measured("c100k", "epoll:1", 100_000, &[]),
            Row::measured("c100k", "tokio:1", 100_000, &[]),
        ];
        rows.iter_mut().for_each(|row| row.samples.clear());
        assert!(give(&rows).is_empty());
        rows[0].samples =
            Row::measured("c100k", "epoll:1", 100_000, &[(&SERVED, 20_000.0)]).samples;
        let said = said(&rows, "Walls");
        assert!(said.contains("epoll:1 20,000") && !said.contains("tokio"), "{said}");
    }

    #[test]
    fn who_falls_behind_is_named() {
        let at = |subject, figures: &[(&'static Metric, f64)]| {
            Row::measured("c10k", subject, 10_000, figures)
        };
        let rows = [
            at("epoll:1", &[(&SERVED, 10_000.0), (&P50, 30.0), (&CPU, 12.0)]),
            at("threads", &[(&SERVED, 10_000.0), (&RATE, 46_500.0)]),
        ];
        let said = said(&rows, "Under load");
        assert!(
            said.contains("50,000 messages a second") && said.contains("epoll:1 (12.0 µs)"),
            "{said}"
        );
        assert!(said.contains("threads (46,500/s)"), "{said}");
    }
}

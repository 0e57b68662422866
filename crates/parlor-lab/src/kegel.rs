//! The strategies of Dan Kegel's "The C10K problem" (1999 to 2014), and what this run has measured of
//! each.
//!
//! The list asks two things at once: how many clients a thread serves, and how it learns what it can
//! do next. Each of our models is one answer. A figure that this run has not measured is not shown,
//! and a model without any has no line.

use crate::chart::Table;
use crate::record::{CPU, Metric, P50, RATE, Row, SERVED, WAITS};
use crate::scenario::idle::Each;

/// One entry of the list.
struct Strategy {
    /// As the list calls it, shortened.
    name: &'static str,
    /// Its models here.
    models: &'static [&'static str],
}

/// In the list's order. Processes stand in its introduction, as the oldest way to control the code
/// that serves a client.
const STRATEGIES: [Strategy; 6] = [
    Strategy {
        name: "many clients with each thread: nonblocking, level-triggered readiness",
        models: &["select", "poll"],
    },
    Strategy {
        name: "many clients with each thread: nonblocking, readiness change",
        models: &["epoll", "tokio"],
    },
    Strategy { name: "many clients with each thread: asynchronous I/O", models: &["io_uring"] },
    Strategy {
        name: "one client with each thread: blocking I/O",
        models: &["blocking", "threads", "pool"],
    },
    Strategy { name: "processes, each with a strategy of its own", models: &["prefork"] },
    Strategy { name: "the server in the kernel", models: &[] },
];

/// How many figures a line may have.
const FIGURES: usize = 7;

/// A model with its figures, where there are any.
struct Line {
    strategy: &'static str,
    model: &'static str,
    figures: [Option<String>; FIGURES],
}

/// The list with this run's figures; nothing when it has none of them.
pub(crate) fn table(rows: &[Row]) -> Option<Table> {
    let mut lines: Vec<Line> = Vec::new();
    for Strategy { name: strategy, models } in &STRATEGIES {
        let measured = models.iter().map(|model| {
            let figures = figures(rows, model);
            Line { strategy, model, figures }
        });
        lines.extend(measured.filter(|line| line.figures.iter().any(Option::is_some)));
        if models.is_empty() {
            lines.push(Line { strategy, model: "none here", figures: Default::default() });
        }
    }
    let shown = |at: &usize| lines.iter().any(|line| line.figures[*at].is_some());
    let columns: Vec<usize> = (0..FIGURES).filter(shown).collect();
    if columns.is_empty() {
        return None;
    }
    let mut head = vec!["strategy".to_owned(), "model".to_owned()];
    let heads = heads(rows);
    head.extend(columns.iter().map(|at| heads[*at].clone()));
    let line = |line: &Line| {
        let cell = |at: &usize| line.figures[*at].clone().unwrap_or_else(|| "–".to_owned());
        let names = [line.strategy.to_owned(), line.model.to_owned()];
        names.into_iter().chain(columns.iter().map(cell)).collect()
    };
    Some(Table { head, lines: lines.iter().map(line).collect() })
}

/// A model's row of a scenario in the case with the most connections.
fn row<'a>(rows: &'a [Row], scenario: &str, model: &str) -> Option<&'a Row> {
    let own = rows.iter().filter(|row| row.scenario == scenario && row.subject.family() == model);
    own.max_by_key(|row| row.case.amount)
}

fn figures(rows: &[Row], model: &str) -> [Option<String>; FIGURES] {
    let of = |scenario, metric: &Metric| {
        row(rows, scenario, model)?.median(metric).map(|value| metric.format(value))
    };
    let idle: Vec<&Row> = rows.iter().filter(|row| row.scenario == "idle").collect();
    let subject = row(rows, "idle", model).map(|row| row.subject.name());
    let each = subject.and_then(|name| Each::of(&name, &idle));
    // Less than nothing is what the machine did meanwhile.
    let kib = |value: f64| format!("{:.1}", value.max(0.0));
    [
        of("c100k", &SERVED),
        of("c10k", &SERVED),
        of("c10k", &RATE),
        of("c10k", &P50),
        of("c10k", &CPU),
        of("c10k", &WAITS),
        each.map(|each| format!("{} + {}", kib(each.user), kib(each.objects + each.stacks))),
    ]
}

/// The columns' heads; how many connections it was is part of the question.
fn heads(rows: &[Row]) -> [String; FIGURES] {
    let case = |scenario: &str| {
        let own = rows.iter().filter(|row| row.scenario == scenario);
        let most = own.max_by_key(|row| row.case.amount);
        most.map(|row| row.case.label.clone()).unwrap_or_default()
    };
    let (c10k, c100k) = (case("c10k"), case("c100k"));
    [
        format!("held, of {c100k}"),
        format!("served, of {c10k}"),
        RATE.head(),
        P50.head(),
        CPU.head(),
        WAITS.head(),
        "an idle one, KiB: program + kernel, both ends".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use parlor_engine::Model;

    use super::*;
    use crate::record::{HELD, KERNEL_KIB, STACK_KIB, USER_KIB};

    #[test]
    fn every_model_has_one_place_in_the_list() {
        for name in Model::NAMES {
            let places = STRATEGIES.iter().filter(|strategy| strategy.models.contains(name));
            assert_eq!(places.count(), 1, "{name}");
        }
        let known = |name: &&str| Model::NAMES.contains(name);
        assert!(STRATEGIES.iter().flat_map(|strategy| strategy.models).all(known));
    }

    #[test]
    fn the_list_has_what_was_measured_and_nothing_else() {
        assert!(table(&[]).is_none());
        assert!(table(&[Row::measured("echo", "epoll:1", 1_000, &[(&P50, 40.0)])]).is_none());
        let step = |amount: u16, user, kernel| {
            let figures = [
                (&HELD, f64::from(amount)),
                (&USER_KIB, user),
                (&KERNEL_KIB, kernel),
                (&STACK_KIB, 0.0),
            ];
            Row::measured("idle", "epoll:1", usize::from(amount), &figures)
        };
        let rows = [
            step(0, 10.0, 0.0),
            step(1_000, 510.0, 8_500.0),
            Row::measured("c10k", "threads", 10_000, &[(&SERVED, 10_000.0), (&RATE, 46_500.0)]),
            Row::measured(
                "c10k",
                "epoll:1",
                10_000,
                &[(&SERVED, 10_000.0), (&CPU, 12.0), (&P50, 30.0)],
            ),
            Row::measured("c10k", "epoll:1", 2_000, &[(&SERVED, 2_000.0), (&CPU, 99.0)]),
        ];
        let table = table(&rows).unwrap();
        assert_eq!(table.head[2..4], ["served, of 10000 connections", "answered, /s"]);
        assert!(!table.head.iter().any(|head| head.contains("held") || head.contains("waits")));
        let line = |model: &str| {
            let found = table.lines.iter().find(|line| line[1] == model);
            found.cloned().unwrap_or_default()
        };
        assert_eq!(line("epoll")[2..], ["10,000", "–", "30", "12.00", "0.5 + 8.5"]);
        assert_eq!(line("threads")[2..], ["10,000", "46,500", "–", "–", "–"]);
        assert!(line("tokio").is_empty(), "it was not measured");
        assert_eq!(table.lines.last().unwrap()[..2], ["the server in the kernel", "none here"]);
    }
}

//! What was measured: figures with names and units, by scenario, case, subject and round.

use serde::Serialize;

use crate::latency::Latencies;
use crate::order::Failures;
use crate::statistics::{Spread, Verdict, spread};
use crate::subject::Subject;

/// A kind of figure.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name in `results.json`.
    pub(crate) key: &'static str,
    /// The head of a table's column.
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    /// Digits after the point.
    pub(crate) digits: usize,
}

const fn metric(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    digits: usize,
) -> Metric {
    Metric { key, title, unit, digits }
}

/// Answers a second in an open loop.
pub(crate) static RATE: Metric = metric("rate", "answered", "/s", 0);
/// Processor time of the server for one message, at the fixed rate.
pub(crate) static CPU: Metric = metric("cpu_us", "CPU", "µs/msg", 2);
/// Half of the answers took no longer.
pub(crate) static P50: Metric = metric("p50_us", "p50", "µs", 0);
/// One answer in a hundred took longer.
pub(crate) static P99: Metric = metric("p99_us", "p99", "µs", 0);
/// One answer in a thousand took longer.
pub(crate) static P999: Metric = metric("p999_us", "p99.9", "µs", 0);
/// System calls of the server for one message, by the engine's counters.
pub(crate) static CALLS: Metric = metric("calls", "calls", "/msg", 2);
/// Context switches of the server for one message because it had nothing to do.
pub(crate) static WAITS: Metric = metric("waits", "waits", "switches/msg", 2);
/// Context switches of the server for one message because others wanted the processor.
pub(crate) static PREEMPTIONS: Metric = metric("preemptions", "preempted", "switches/msg", 2);
/// Waits with all connections busy.
pub(crate) static FLAT_WAITS: Metric = metric("flat_waits", "waits at most", "switches/msg", 2);
/// Preemptions with all connections busy.
pub(crate) static FLAT_PREEMPTIONS: Metric =
    metric("flat_preemptions", "preempted at most", "switches/msg", 2);
/// The same at that rate, in those of the bare loop of its kind.
pub(crate) static CPU_FLOORS: Metric = metric("cpu_floors", "CPU", "× floor", 2);
/// Processor time with all connections busy, in those of the bare loop of its kind.
pub(crate) static FLAT_CPU_FLOORS: Metric = metric("flat_cpu_floors", "CPU at most", "× floor", 2);
/// Deliveries a second, in those of the bare relay.
pub(crate) static DELIVERIES_FLOORS: Metric =
    metric("deliveries_floors", "deliveries", "× floor", 2);
/// System calls with all connections busy.
pub(crate) static FLAT_CALLS: Metric = metric("flat_calls", "calls at most", "/msg", 2);
/// The greatest rate: every client sends as soon as it is answered.
pub(crate) static FLAT_RATE: Metric = metric("flat_rate", "at most", "/s", 0);
/// Processor time of the server for one message at that rate.
pub(crate) static FLAT_CPU: Metric = metric("flat_cpu_us", "CPU at most", "µs/msg", 2);
/// Share of time in which the generator was busy at that rate.
pub(crate) static FLAT_BUSY: Metric = metric("flat_busy", "generator", "busy", 2);
/// Connections that were served.
pub(crate) static SERVED: Metric = metric("served", "served", "conns", 0);
/// Connections that were held without being used.
pub(crate) static HELD: Metric = metric("held", "held idle", "conns", 0);
/// Time until all of them were.
pub(crate) static ALL_SERVED: Metric = metric("all_served_ms", "all served", "ms", 0);
/// Clients that waited a second or longer, as after a lost SYN.
pub(crate) static STALLED: Metric = metric("stalled", "stalled ≥ 1 s", "clients", 0);
/// SYNs that the kernel dropped.
pub(crate) static SYN_DROPS: Metric = metric("syn_drops", "SYNs dropped", "", 0);
/// User-space memory that the connections have added.
pub(crate) static USER_KIB: Metric = metric("user_kib", "user", "KiB", 0);
/// The same, where there is much of it.
pub(crate) static USER_MIB: Metric = metric("user_mib", "user, all", "MiB", 1);
/// The same for one connection.
pub(crate) static USER_EACH: Metric = metric("user_kib_each", "user", "KiB/conn", 2);
/// Kernel objects that the connections have added, both ends.
pub(crate) static KERNEL_KIB: Metric = metric("kernel_kib", "kernel", "KiB", 0);
/// Kernel stacks that the connections have added.
pub(crate) static STACK_KIB: Metric = metric("stack_kib", "stacks", "KiB", 0);
/// Kernel memory for one connection, both ends.
pub(crate) static KERNEL_EACH: Metric =
    metric("kernel_kib_each", "kernel, both ends", "KiB/conn", 2);
/// Kernel stacks for one connection.
pub(crate) static STACK_EACH: Metric = metric("stack_kib_each", "kernel stacks", "KiB/conn", 2);
/// Deliveries a second of a broadcast.
pub(crate) static DELIVERIES: Metric = metric("deliveries", "deliveries", "/s", 0);
/// Processor seconds for a million deliveries.
pub(crate) static CPU_MILLION: Metric = metric("cpu_s_million", "CPU", "s/M", 2);
/// Until the last receiver had it, half of the messages.
pub(crate) static LAST_P50: Metric = metric("last_p50_ms", "to the last, p50", "ms", 2);
/// Until the last receiver had it, all but one in a hundred.
pub(crate) static LAST_P99: Metric = metric("last_p99_ms", "to the last, p99", "ms", 2);
/// Messages that were not answered as they should.
pub(crate) static FAILED: Metric = metric("failed", "failed", "", 0);
/// Share of time in which the generator was busy.
pub(crate) static BUSY: Metric = metric("busy", "generator", "busy", 2);
/// How late the generator itself sent, half of the time.
pub(crate) static LATENESS: Metric = metric("lateness_us", "sent late by", "µs", 1);

impl Metric {
    /// A value as text, with as many digits as mean something.
    pub(crate) fn format(&self, value: f64) -> String {
        let digits = if value.abs() >= 1_000.0 { 0 } else { self.digits };
        group(&format!("{value:.digits$}"))
    }

    /// Title and unit together.
    pub(crate) fn head(&self) -> String {
        match self.unit {
            "" => self.title.to_owned(),
            unit => format!("{}, {unit}", self.title),
        }
    }
}

/// Puts commas between thousands.
pub(crate) fn group(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = String::from(sign);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// One run of one subject.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Counted from 0; a server that failed in one has no sample of it.
    pub(crate) round: usize,
    figures: Vec<(&'static Metric, f64)>,
    /// All latencies, also of a run whose percentiles are not quoted.
    pub(crate) latency: Option<Latencies>,
    /// Milliseconds, and how many were served by then.
    pub(crate) curve: Vec<(f64, f64)>,
    pub(crate) failures: Failures,
    /// What the reader has to know beside the figures.
    pub(crate) notes: Vec<String>,
}

impl Sample {
    /// The same, as the sample of a round.
    pub(crate) fn in_round(self, round: usize) -> Self {
        Self { round, ..self }
    }

    /// Adds a figure.
    pub(crate) fn add(&mut self, metric: &'static Metric, value: f64) {
        if value.is_finite() {
            self.figures.push((metric, value));
        }
    }

    /// Adds a figure if there is one.
    pub(crate) fn add_some(&mut self, metric: &'static Metric, value: Option<f64>) {
        if let Some(value) = value {
            self.add(metric, value);
        }
    }

    /// A figure of this kind.
    pub(crate) fn get(&self, metric: &Metric) -> Option<f64> {
        self.figures.iter().find(|(known, _)| known.key == metric.key).map(|(_, value)| *value)
    }

    /// All figures.
    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static Metric, f64)> {
        self.figures.iter().copied()
    }

    /// Notes why no latencies are quoted.
    pub(crate) fn note_verdict(&mut self, verdict: Verdict, achieved: f64, offered: f64) {
        match verdict {
            Verdict::Sound => {}
            Verdict::Saturated => self.notes.push(format!(
                "saturated: {} of {} messages/s; no percentiles",
                RATE.format(achieved),
                RATE.format(offered)
            )),
            Verdict::GeneratorLimited => {
                self.notes.push("rejected: the generator was the limit".to_owned());
            }
        }
    }
}

/// One case of a scenario: what is varied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Case {
    /// As the table says it: `1,000 connections`.
    pub(crate) label: String,
    /// The place on a chart's axis, usually how many connections.
    pub(crate) amount: usize,
    /// Which of the scenario's variants, where there are several.
    pub(crate) variant: &'static str,
}

/// All runs of one subject in one case.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) case: Case,
    pub(crate) subject: Subject,
    pub(crate) samples: Vec<Sample>,
    /// Runs that failed as a whole, in words.
    pub(crate) failures: Vec<String>,
}

impl Row {
    /// A figure over the rounds.
    pub(crate) fn spread(&self, metric: &Metric) -> Option<Spread> {
        spread(self.samples.iter().filter_map(|sample| sample.get(metric)))
    }

    /// The middle of a figure.
    pub(crate) fn median(&self, metric: &Metric) -> Option<f64> {
        self.spread(metric).map(|spread| spread.median)
    }

    /// Whether it has had a turn, whatever came of it.
    pub(crate) fn was_tried(&self) -> bool {
        !(self.samples.is_empty() && self.failures.is_empty())
    }

    /// What there is to say about it, each thing once: failures of whole runs, then notes.
    pub(crate) fn notes(&self) -> Vec<String> {
        if !self.was_tried() {
            return vec!["not measured".to_owned()];
        }
        let mut notes: Vec<String> = Vec::new();
        let said = self.samples.iter().flat_map(|sample| &sample.notes);
        for note in self.failures.iter().chain(said) {
            // The same with other numbers is said once, with those of the first round.
            let kind = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == ',', "");
            if !notes.iter().any(|known| kind(known) == kind(note)) {
                notes.push(note.clone());
            }
        }
        notes
    }

    /// The latencies of all rounds together.
    pub(crate) fn latency(&self) -> Option<Latencies> {
        let mut all = self.samples.iter().filter_map(|sample| sample.latency.as_ref());
        let mut sum = all.next()?.clone();
        all.for_each(|latencies| sum.merge(latencies));
        (sum.count() > 0).then_some(sum)
    }
}

#[cfg(test)]
impl Row {
    /// What one round has measured, for tests of what is made of it.
    pub(crate) fn measured(
        scenario: &'static str,
        subject: &str,
        amount: usize,
        figures: &[(&'static Metric, f64)],
    ) -> Self {
        let mut sample = Sample::default();
        figures.iter().for_each(|(metric, value)| sample.add(metric, *value));
        Self {
            scenario,
            case: Case { label: format!("{amount} connections"), amount, variant: "" },
            subject: subject.parse().unwrap(),
            samples: vec![sample],
            failures: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_lose_digits_that_mean_nothing() {
        assert_eq!(group("1234567.5"), "1,234,567.5");
        assert_eq!(group("-1000"), "-1,000");
        assert_eq!(group("999"), "999");
        assert_eq!(CPU.format(5.678), "5.68");
        assert_eq!(CPU.format(12_345.678), "12,346");
    }

    #[test]
    fn a_note_is_said_once_though_its_numbers_differ() {
        let case = Case { label: String::new(), amount: 1, variant: "" };
        let sample = |note: &str| Sample { notes: vec![note.to_owned()], ..Sample::default() };
        let row = Row {
            scenario: "echo",
            case,
            subject: "epoll:1".parse().unwrap(),
            samples: vec![sample("saturated: 1,000 of 2,000"), sample("saturated: 990 of 2,000")],
            failures: vec!["it ended".to_owned()],
        };
        assert_eq!(row.notes(), ["it ended", "saturated: 1,000 of 2,000"]);
    }
}

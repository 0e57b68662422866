//! `results.json`: everything that the page shows, for programs.

use serde_json::{Map, Value, json};

use crate::limits::{ACHIEVED_MIN, BROADCAST_BYTES, GENERATOR_BUSY_MAX, MESSAGE_BYTES};
use crate::plan::Plan;
use crate::record::{Row, Sample};
use crate::run::Results;

/// The version of this format: it grows when something changes its meaning.
const FORMAT: u32 = 1;

/// The results as JSON.
pub(super) fn render(plan: &Plan, results: &Results) -> String {
    let value = json!({
        "format": FORMAT,
        "parlor": env!("CARGO_PKG_VERSION"),
        "machine": results.machine,
        "settings": {
            "quick": plan.quick,
            "loop": if plan.closed { "closed" } else { "open" },
            "rounds": plan.times.rounds,
            "pace_ms": plan.times.pace_ms,
            "flat_ms": plan.times.flat_ms,
            "budget_seconds": plan.times.budget.as_secs(),
            "message_bytes": MESSAGE_BYTES,
            "broadcast_bytes": BROADCAST_BYTES,
            "generator_busy_max": GENERATOR_BUSY_MAX,
            "achieved_min": ACHIEVED_MIN,
            "pinned": results.machine.pinned(),
        },
        "seconds": results.seconds,
        "remarks": results.remarks,
        "rows": results.rows.iter().map(row).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn row(row: &Row) -> Value {
    let mut medians = Map::new();
    for (metric, _) in row.samples.iter().flat_map(Sample::figures) {
        if let Some(spread) = row.spread(metric) {
            let value = json!({"median": spread.median, "least": spread.least, "greatest": spread.greatest});
            medians.insert(metric.key.to_owned(), value);
        }
    }
    json!({
        "scenario": row.scenario,
        "case": row.case,
        "subject": row.subject.name(),
        "figures": medians,
        "notes": row.notes(),
        "rounds": row.samples.iter().map(sample).collect::<Vec<_>>(),
    })
}

fn sample(sample: &Sample) -> Value {
    let figures: Map<String, Value> =
        sample.figures().map(|(metric, value)| (metric.key.to_owned(), json!(value))).collect();
    json!({
        "figures": figures,
        "failures": sample.failures,
        "notes": sample.notes,
        "curve": sample.curve,
    })
}

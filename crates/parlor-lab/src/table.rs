//! The results as a table for a terminal.

use std::fmt::Write;

use crate::record::{Metric, Row};
use crate::scenario::Scenario;

/// A scenario's results, one block a case.
pub(crate) fn render(scenario: &Scenario, rows: &[&Row]) -> String {
    let mut text = format!("\n{}: {}\n", scenario.name, scenario.title);
    let mut at = 0;
    while at < rows.len() {
        let end = at + rows[at..].iter().take_while(|row| row.case == rows[at].case).count();
        block(&mut text, scenario, &rows[at..end]);
        at = end;
    }
    text
}

fn block(text: &mut String, scenario: &Scenario, rows: &[&Row]) {
    let columns: Vec<&Metric> = scenario
        .columns
        .iter()
        .copied()
        .filter(|metric| rows.iter().any(|row| row.spread(metric).is_some()))
        .collect();
    let mut lines = vec![vec![rows[0].case.label.clone()]];
    lines[0].extend(columns.iter().map(|metric| metric.head()));
    for row in rows {
        let mut line = vec![row.subject.name()];
        line.extend(columns.iter().map(|metric| cell(row, metric)));
        lines.push(line);
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..=columns.len()).filter_map(width).collect();
    let notes = rows.iter().map(|row| row.notes().join("; "));
    for (line, note) in lines.iter().zip(std::iter::once(String::new()).chain(notes)) {
        write!(text, "  {:<width$}", line[0], width = widths[0]).ok();
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            write!(text, "  {cell:>width$}").ok();
        }
        if !note.is_empty() {
            write!(text, "  {note}").ok();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push('\n');
}

/// The median, and how far the rounds are apart if there were several.
fn cell(row: &Row, metric: &Metric) -> String {
    let Some(spread) = row.spread(metric) else { return "–".to_owned() };
    let median = metric.format(spread.median);
    let (least, greatest) = (metric.format(spread.least), metric.format(spread.greatest));
    if least == greatest { median } else { format!("{median} [{least}..{greatest}]") }
}

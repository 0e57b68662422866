//! Charts as SVG, from our own writer: no fonts, no script, the same bytes for the same figures.
//!
//! Every chart is drawn twice, for a wide page and for a phone, carries a sentence that says what it
//! shows, and has its numbers as a table beside it. Series are named at their ends, told apart by
//! shape as well as by colour, and a subject looks the same in all charts.

mod svg;
mod scale;
mod palette;
mod labels;
mod line;
mod bar;

use crate::record::{Metric, Row};

pub(crate) use bar::{Bar, Bars};
pub(crate) use line::{Axis, Lines, Point, Series};
pub(crate) use scale::Kind;
pub(crate) use svg::escape;

/// Widths in which a chart is drawn: a page's and a phone's.
pub(crate) const WIDTHS: [Width; 2] = [Width::Wide, Width::Narrow];

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Wide,
    Narrow,
}

impl Width {
    fn pixels(self) -> f64 {
        match self {
            Self::Wide => 760.0,
            Self::Narrow => 360.0,
        }
    }

    /// The class by which the page shows one of the two.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// A chart with everything that belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) title: String,
    /// What it shows, and what to see in it.
    pub(crate) says: String,
    pub(crate) drawing: Drawing,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) enum Drawing {
    Lines(Lines),
    Bars(Bars),
}

/// The numbers of a chart, for those who would rather read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) lines: Vec<Vec<String>>,
}

impl Figure {
    /// A chart with its sentence.
    pub(crate) fn new(title: impl Into<String>, says: impl Into<String>, drawing: Drawing) -> Self {
        Self { title: title.into(), says: says.into(), drawing }
    }

    /// Whether there is anything in it.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.drawing {
            Drawing::Lines(lines) => lines.series.iter().all(|series| series.points.is_empty()),
            Drawing::Bars(bars) => bars.bars.is_empty(),
        }
    }

    /// The chart as SVG, hidden from screen readers' tree below its name.
    pub(crate) fn svg(&self, width: Width) -> String {
        let (body, height) = match &self.drawing {
            Drawing::Lines(lines) => line::draw(lines, width),
            Drawing::Bars(bars) => bar::draw(bars, width),
        };
        let pixels = width.pixels();
        format!(
            "<svg class=\"{}\" viewBox=\"0 0 {pixels} {height}\" role=\"img\" \
             aria-label=\"{}: {}\">\n{body}</svg>\n",
            width.class(),
            escape(&self.title),
            escape(&self.says),
        )
    }

    /// Its numbers.
    pub(crate) fn table(&self) -> Table {
        match &self.drawing {
            Drawing::Lines(lines) => line::table(lines),
            Drawing::Bars(bars) => bar::table(bars),
        }
    }
}

/// A metric of all subjects over the cases of a scenario, with the spread of the rounds.
pub(crate) fn series(rows: &[&Row], metric: &Metric) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for row in rows {
        let Some(spread) = row.spread(metric) else { continue };
        let point = Point {
            x: row.case.amount as f64,
            y: spread.median,
            least: spread.least,
            greatest: spread.greatest,
        };
        let name = row.subject.name();
        match all.iter_mut().find(|series| series.name == name) {
            Some(series) => series.points.push(point),
            None => all.push(Series {
                name,
                family: row.subject.family().to_owned(),
                points: vec![point],
            }),
        }
    }
    all
}

/// Lines over the number of connections.
pub(crate) fn over_connections(
    rows: &[&Row],
    metric: &'static Metric,
    title: &str,
    says: impl Into<String>,
    same_scale_as: &[&Metric],
) -> Figure {
    let mut amounts: Vec<usize> = rows.iter().map(|row| row.case.amount).collect();
    amounts.sort_unstable();
    amounts.dedup();
    let tick = |amount: &usize| (*amount as f64, crate::record::group(&amount.to_string()));
    let kind = if amounts.first() == Some(&0) { Kind::Ordinal } else { Kind::Log };
    let lines = Lines {
        x: Axis {
            title: "connections".to_owned(),
            kind,
            ticks: amounts.iter().map(tick).collect(),
        },
        metric,
        y_kind: None,
        scale_with: same_scale_as
            .iter()
            .flat_map(|metric| series(rows, metric))
            .flat_map(|series| series.points)
            .map(|point| point.y)
            .collect(),
        series: series(rows, metric),
        markers: true,
    };
    Figure::new(title, says, Drawing::Lines(lines))
}

/// One bar a subject.
pub(crate) fn bars(
    rows: &[&Row],
    metric: &'static Metric,
    title: &str,
    says: impl Into<String>,
) -> Figure {
    let bars = rows.iter().filter_map(|row| {
        let spread = row.spread(metric);
        let note = row.notes().into_iter().next();
        if spread.is_none() && note.is_none() {
            return None;
        }
        Some(Bar {
            name: row.subject.name(),
            family: row.subject.family().to_owned(),
            parts: spread.map(|spread| vec![spread.median]).unwrap_or_default(),
            range: spread.map(|spread| (spread.least, spread.greatest)),
            note: if spread.is_none() { note } else { None },
        })
    });
    let bars = Bars { bars: bars.collect(), metric, parts: Vec::new(), reference: None };
    Figure::new(title, says, Drawing::Bars(bars))
}

#[cfg(test)]
mod tests;

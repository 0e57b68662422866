//! Lines: one for each subject, named at its end.

use super::svg::{Anchor, Canvas};
use super::{Table, Width, labels, palette};
use crate::chart::scale::{Kind, Scale, tick_text};
use crate::record::Metric;

/// A chart of lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    pub(crate) x: Axis,
    pub(crate) metric: &'static Metric,
    /// How values are laid out; by their range if not said.
    pub(crate) y_kind: Option<Kind>,
    /// More values that the axis has to hold, so that panels can be compared.
    pub(crate) scale_with: Vec<f64>,
    pub(crate) series: Vec<Series>,
    /// Whether each point is marked.
    pub(crate) markers: bool,
}

/// The axis below.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) title: String,
    pub(crate) kind: Kind,
    /// Values and what to write there; round ones if there are none.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) points: Vec<Point>,
}

/// A median with the least and the greatest of its rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Point {
    /// A point of a curve that has no rounds.
    pub(crate) fn exact(x: f64, y: f64) -> Self {
        Self { x, y, least: y, greatest: y }
    }
}

/// Space between names.
const LABEL_GAP: f64 = 15.0;

/// The area that the lines are drawn in.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

pub(super) fn draw(lines: &Lines, width: Width) -> (String, f64) {
    let names = lines.series.iter().map(|series| super::svg::width_of(&series.name));
    let beside = names.fold(40.0, f64::max) + 34.0;
    let height: f64 = if width == Width::Wide { 360.0 } else { 330.0 };
    let height = height.max(lines.series.len() as f64 * LABEL_GAP + 80.0);
    let frame =
        Frame { left: 46.0, right: width.pixels() - beside, top: 26.0, bottom: height - 44.0 };
    let all = lines.series.iter().flat_map(|series| &series.points);
    let values: Vec<f64> =
        all.clone().map(|point| point.y).chain(lines.scale_with.iter().copied()).collect();
    let y = Scale::fit(&values, lines.y_kind, (frame.bottom, frame.top));
    let inset = if lines.markers { 14.0 } else { 0.0 };
    let across = (frame.left + inset, frame.right - 6.0);
    let x = if lines.x.ticks.is_empty() {
        let places: Vec<f64> = all.map(|point| point.x).collect();
        Scale::fit(&places, Some(lines.x.kind), across)
    } else {
        let stops: Vec<f64> = lines.x.ticks.iter().map(|tick| tick.0).collect();
        Scale::stops(&stops, lines.x.kind, across)
    };
    let mut canvas = Canvas::default();
    axes(&mut canvas, lines, &frame, (&x, &y), width);
    for series in &lines.series {
        draw_series(&mut canvas, series, (&x, &y), lines.markers);
    }
    name_series(&mut canvas, &lines.series, &frame, (&x, &y));
    (canvas.text, height)
}

fn axes(canvas: &mut Canvas, lines: &Lines, frame: &Frame, (x, y): (&Scale, &Scale), width: Width) {
    canvas.words("axis-title", (4.0, 14.0), Anchor::Start, &lines.metric.head());
    for tick in y.ticks(6) {
        let at = y.place(tick);
        canvas.line("grid", (frame.left, at), (frame.right, at));
        canvas.words("tick", (frame.left - 6.0, at + 4.0), Anchor::End, &tick_text(tick));
    }
    let ticks = if lines.x.ticks.is_empty() {
        let most = if width == Width::Wide { 8 } else { 4 };
        x.ticks(most).into_iter().map(|tick| (tick, tick_text(tick))).collect()
    } else {
        lines.x.ticks.clone()
    };
    canvas.line("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    let mut free_from = f64::MIN;
    for (tick, text) in &ticks {
        let at = x.place(*tick);
        canvas.line("axis", (at, frame.bottom), (at, frame.bottom + 4.0));
        let half = super::svg::width_of(text) / 2.0;
        // On a phone some numbers would run into each other.
        if at - half > free_from {
            canvas.words("tick", (at, frame.bottom + 17.0), Anchor::Middle, text);
            free_from = at + half;
        }
    }
    let middle = f64::midpoint(frame.left, frame.right);
    canvas.words("axis-title", (middle, frame.bottom + 36.0), Anchor::Middle, &lines.x.title);
}

fn draw_series(canvas: &mut Canvas, series: &Series, (x, y): (&Scale, &Scale), markers: bool) {
    let places: Vec<(f64, f64)> =
        series.points.iter().map(|point| (x.place(point.x), y.place(point.y))).collect();
    canvas.open(&format!("series {}", palette::class(&series.family)));
    canvas.polyline(&places);
    if markers {
        for (point, place) in series.points.iter().zip(&places) {
            if point.least < point.greatest {
                let ends = ((place.0, y.place(point.least)), (place.0, y.place(point.greatest)));
                canvas.line("range", ends.0, ends.1);
            }
            canvas.path("mark", &palette::marker(&series.family, *place));
        }
    }
    canvas.close();
}

/// Names to the right of the last points, with a thin line to each.
fn name_series(canvas: &mut Canvas, series: &[Series], frame: &Frame, (x, y): (&Scale, &Scale)) {
    let named: Vec<(&Series, (f64, f64))> = series
        .iter()
        .filter_map(|series| {
            let last = series.points.last()?;
            Some((series, (x.place(last.x), y.place(last.y))))
        })
        .collect();
    let wanted: Vec<f64> = named.iter().map(|(_, at)| at.1).collect();
    let places = labels::spread(&wanted, LABEL_GAP, frame.top, frame.bottom);
    for ((series, at), place) in named.iter().zip(places) {
        let begin = frame.right + 12.0;
        canvas.open(&format!("series {}", palette::class(&series.family)));
        canvas.line("leader", (at.0 + 5.0, at.1), (begin - 2.0, place));
        canvas.path("mark", &palette::marker(&series.family, (begin + 4.0, place)));
        canvas.close();
        canvas.words("name", (begin + 12.0, place + 4.0), Anchor::Start, &series.name);
    }
}

pub(super) fn table(lines: &Lines) -> Table {
    let mut places: Vec<f64> =
        lines.series.iter().flat_map(|series| &series.points).map(|point| point.x).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    // A curve has too many points to read; those at its ticks, or a few even ones, are kept.
    if !lines.markers {
        places = lines.x.ticks.iter().map(|tick| tick.0).collect();
    }
    let text = |place: f64| {
        let tick = lines.x.ticks.iter().find(|tick| tick.0 == place);
        tick.map_or_else(|| tick_text(place), |tick| tick.1.clone())
    };
    let mut head = vec![format!("{} by {}", lines.metric.head(), lines.x.title)];
    head.extend(places.iter().map(|place| text(*place)));
    let cell = |series: &Series, place: f64| {
        let near = |point: &&Point| (point.x - place).abs() <= place.abs() * 1e-6;
        series.points.iter().find(near).map_or("–".to_owned(), |point| {
            let number = |value| lines.metric.format(value);
            let (least, greatest) = (number(point.least), number(point.greatest));
            if least == greatest {
                number(point.y)
            } else {
                format!("{} [{least}..{greatest}]", number(point.y))
            }
        })
    };
    let line = |series: &Series| {
        let cells = places.iter().map(|place| cell(series, *place));
        std::iter::once(series.name.clone()).chain(cells).collect()
    };
    Table { head, lines: lines.series.iter().map(line).collect() }
}

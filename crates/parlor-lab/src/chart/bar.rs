//! Bars: one a subject, in parts if it has any, with its number at the end.

use super::svg::{Anchor, Canvas, width_of};
use super::{Table, Width, palette};
use crate::chart::scale::{Kind, Scale, tick_text};
use crate::record::Metric;

/// A chart of bars.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    pub(crate) bars: Vec<Bar>,
    pub(crate) metric: &'static Metric,
    /// What the parts are, if a bar is a sum.
    pub(crate) parts: Vec<&'static str>,
    /// A value to compare with, and what it is.
    pub(crate) reference: Option<(f64, String)>,
}

/// One subject's.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) family: String,
    /// The value, or the parts of it; none if there is only a note.
    pub(crate) parts: Vec<f64>,
    /// The least and the greatest of the rounds.
    pub(crate) range: Option<(f64, f64)>,
    /// What there is to say in place of, or beside, the number.
    pub(crate) note: Option<String>,
}

impl Bar {
    fn total(&self) -> Option<f64> {
        (!self.parts.is_empty()).then(|| self.parts.iter().map(|part| part.max(0.0)).sum())
    }
}

const ROW: f64 = 25.0;
const THICK: f64 = 15.0;

pub(super) fn draw(bars: &Bars, width: Width) -> (String, f64) {
    let names = bars.bars.iter().map(|bar| width_of(&bar.name));
    let left = names.fold(60.0, f64::max) + 12.0;
    let top = if bars.parts.is_empty() { 26.0 } else { 46.0 };
    let numbers = bars.bars.iter().map(|bar| width_of(&number(bars, bar)));
    let right = width.pixels() - numbers.fold(30.0, f64::max) - 12.0;
    let bottom = top + bars.bars.len() as f64 * ROW;
    let height = bottom + 24.0;
    let totals: Vec<f64> = bars
        .bars
        .iter()
        .flat_map(|bar| bar.total().into_iter().chain(bar.range.map(|range| range.1)))
        .chain(bars.reference.as_ref().map(|(value, _)| *value))
        .collect();
    let kind = if bars.parts.is_empty() { None } else { Some(Kind::Linear) };
    let x = Scale::fit(&totals, kind, (left, right));
    let mut canvas = Canvas::default();
    canvas.words("axis-title", (4.0, 14.0), Anchor::Start, &bars.metric.head());
    legend(&mut canvas, bars);
    let mut free_from = f64::MIN;
    for tick in x.ticks(if width == Width::Wide { 7 } else { 4 }) {
        let (at, text) = (x.place(tick), tick_text(tick));
        canvas.line("grid", (at, top - 4.0), (at, bottom));
        if at - width_of(&text) / 2.0 > free_from {
            canvas.words("tick", (at, bottom + 15.0), Anchor::Middle, &text);
            free_from = at + width_of(&text) / 2.0 + 4.0;
        }
    }
    for (at, bar) in bars.bars.iter().enumerate() {
        row(&mut canvas, bars, bar, (&x, left, top + at as f64 * ROW), width);
    }
    if let Some((value, what)) = &bars.reference {
        let at = x.place(*value);
        canvas.line("reference", (at, top - 6.0), (at, bottom));
        canvas.words("tick", (at, top - 9.0), Anchor::Middle, what);
    }
    (canvas.text, height)
}

fn legend(canvas: &mut Canvas, bars: &Bars) {
    let mut at = 4.0;
    for (part, name) in bars.parts.iter().enumerate() {
        canvas.rect(&format!("part-{part}"), (at, 22.0), (11.0, 11.0));
        canvas.words("name", (at + 16.0, 32.0), Anchor::Start, name);
        at += width_of(name) + 34.0;
    }
}

fn row(
    canvas: &mut Canvas,
    bars: &Bars,
    bar: &Bar,
    (x, left, top): (&Scale, f64, f64),
    width: Width,
) {
    let middle = top + ROW / 2.0;
    canvas.words("name", (left - 8.0, middle + 4.0), Anchor::End, &bar.name);
    let mut end = left;
    if bars.parts.is_empty() {
        if let Some(total) = bar.total() {
            end = x.place(total);
            canvas.open(&format!("series {}", palette::class(&bar.family)));
            canvas.rect("bar", (left, middle - THICK / 2.0), ((end - left).max(1.0), THICK));
            canvas.close();
        }
    } else {
        let mut sum = 0.0;
        for (part, value) in bar.parts.iter().enumerate() {
            let from = x.place(sum);
            sum += value.max(0.0);
            let class = format!("part-{part}");
            canvas.rect(&class, (from, middle - THICK / 2.0), (x.place(sum) - from, THICK));
            end = x.place(sum);
        }
    }
    if let Some((least, greatest)) = bar.range
        && least < greatest
    {
        let (from, to) = (x.place(least), x.place(greatest));
        canvas.line("whisker", (from, middle), (to, middle));
        for at in [from, to] {
            canvas.line("whisker", (at, middle - 4.0), (at, middle + 4.0));
        }
        end = end.max(to);
    }
    let text = number(bars, bar);
    if text.is_empty() {
        let note = bar.note.clone().unwrap_or_else(|| "not measured".to_owned());
        let room = width.pixels() - left - 8.0;
        canvas.words("note", (left + 4.0, middle + 4.0), Anchor::Start, &shorten(&note, room));
    } else {
        canvas.words("name", (end + 6.0, middle + 4.0), Anchor::Start, &text);
    }
}

fn number(bars: &Bars, bar: &Bar) -> String {
    bar.total().map_or_else(String::new, |total| bars.metric.format(total))
}

/// As much of a sentence as there is room for.
fn shorten(text: &str, room: f64) -> String {
    let fits = text.char_indices().nth(shortest(room)).map(|(at, _)| at);
    match fits {
        Some(at) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

fn shortest(room: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few dozen letters"
    )]
    let letters = (room / width_of("x")).max(1.0) as usize;
    letters.saturating_sub(1)
}

pub(super) fn table(bars: &Bars) -> Table {
    let mut head = vec!["server".to_owned()];
    head.extend(bars.parts.iter().map(|part| (*part).to_owned()));
    head.push(bars.metric.head());
    let format = |value: &f64| bars.metric.format(*value);
    let line = |bar: &Bar| {
        let mut cells = vec![bar.name.clone()];
        if !bars.parts.is_empty() {
            let parts = (0..bars.parts.len()).map(|at| bar.parts.get(at));
            cells.extend(parts.map(|part| part.map_or("–".to_owned(), format)));
        }
        let range = bar.range.filter(|range| range.0 < range.1);
        let range = range.map_or(String::new(), |(least, greatest)| {
            format!(" [{}..{}]", format(&least), format(&greatest))
        });
        let number = number(bars, bar);
        cells.push(match (&bar.note, number.is_empty()) {
            (Some(note), true) => note.clone(),
            (Some(note), false) => format!("{number}{range}; {note}"),
            (None, true) => "–".to_owned(),
            (None, false) => format!("{number}{range}"),
        });
        cells
    };
    Table { head, lines: bars.bars.iter().map(line).collect() }
}

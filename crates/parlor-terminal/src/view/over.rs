//! What lies over the conversation: help, a list to choose from, a question.

use ratatui_core::layout::{Constraint, Flex, Layout, Rect};
use ratatui_core::style::{Modifier, Style, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line as Row, Span};
use ratatui_widgets::block::Block;
use ratatui_widgets::clear::Clear;
use ratatui_widgets::paragraph::Paragraph;

use super::wrap::wrap;
use crate::printable::printable;
use crate::slash::{COMMANDS, QUESTIONS};
use crate::ui::Overlay;
use crate::ui::keys::KEYS;
use crate::ui::picker::Picker;

/// The columns of the help with its border, and those of the words that it explains.
const HELP_WIDTH: u16 = 76;
const LEFT_WIDTH: usize = 24;

/// Draws it in the middle of the area.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, overlay: &Overlay) {
    match overlay {
        Overlay::Help { from } => help(frame, area, *from),
        Overlay::Pick(picker) => list(frame, area, picker),
        Overlay::Delete { text, .. } => question(frame, area, text),
    }
}

fn window(frame: &mut Frame<'_>, area: Rect, title: &str, width: u16, height: u16) -> Rect {
    let [row] = Layout::vertical([Constraint::Length(height.min(area.height))])
        .flex(Flex::Center)
        .areas(area);
    let [middle] = Layout::horizontal([Constraint::Length(width.min(area.width))])
        .flex(Flex::Center)
        .areas(row);
    let block = Block::bordered().title(format!(" {title} "));
    let inner = block.inner(middle);
    frame.render_widget(Clear, middle);
    frame.render_widget(block, middle);
    inner
}

fn help(frame: &mut Frame<'_>, area: Rect, from: usize) {
    // Without the border.
    let width = usize::from(HELP_WIDTH.min(area.width)).saturating_sub(2);
    let mut rows = vec![Row::from("Keys").bold()];
    rows.extend(KEYS.iter().flat_map(|(key, does)| pair(key, does, width)));
    rows.push(Row::default());
    rows.push(Row::from("Commands").bold());
    for entry in COMMANDS {
        rows.extend(pair(&format!("/{} {}", entry.name, entry.takes), entry.does, width));
    }
    rows.push(Row::default());
    rows.push(Row::from("In a search").bold());
    rows.extend(QUESTIONS.iter().flat_map(|(written, means)| pair(written, means, width)));
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let inner = window(frame, area, "Help; Esc closes it", HELP_WIDTH, height);
    // The last page is as full as the window; there is nothing below it.
    let from = from.min(rows.len().saturating_sub(usize::from(inner.height)));
    if rows.len() > usize::from(inner.height) {
        rows[0] = Row::from("Keys (arrows and PgDn show the rest)").bold();
    }
    frame.render_widget(Paragraph::new(rows.split_off(from)), inner);
}

/// A word and what it means: side by side, or one below the other where that is too narrow.
fn pair(left: &str, right: &str, width: usize) -> Vec<Row<'static>> {
    let below = width < LEFT_WIDTH + 24;
    let margin = if below { 3 } else { LEFT_WIDTH };
    let mut rows = Vec::new();
    let mut left = Span::from(format!(" {left:<22} ")).cyan();
    if below {
        rows.push(Row::from(std::mem::take(&mut left)));
    }
    for (index, row) in wrap(right, width.saturating_sub(margin)).into_iter().enumerate() {
        let first = index == 0 && !below;
        let before = if first { std::mem::take(&mut left) } else { " ".repeat(margin).into() };
        rows.push(Row::from(vec![before, Span::from(row)]));
    }
    rows
}

fn list(frame: &mut Frame<'_>, area: Rect, picker: &Picker) {
    let inner = window(frame, area, &picker.title, 76, 22);
    let [line, below] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner);
    let filter = format!("› {}▏", printable(picker.filter.text()));
    frame.render_widget(Paragraph::new(filter), line);
    let found = picker.found();
    if found.is_empty() {
        frame.render_widget(Paragraph::new("nothing of that name").dim(), below);
        return;
    }
    let height = usize::from(below.height).max(1);
    let first = picker.chosen().saturating_sub(height - 1);
    let width = usize::from(below.width);
    let rows = found.iter().enumerate().skip(first).take(height).map(|(index, item)| {
        let text = format!("{}  {}", item.label, item.detail);
        let text = wrap(&text, width).remove(0);
        let style = if index == picker.chosen() {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        Row::styled(format!("{text:<width$}"), style)
    });
    frame.render_widget(Paragraph::new(rows.collect::<Vec<_>>()), below);
}

fn question(frame: &mut Frame<'_>, area: Rect, text: &str) {
    let inner = window(frame, area, "Delete this message?", 60, 6);
    let text = wrap(&printable(text), usize::from(inner.width));
    let mut rows: Vec<_> = text.into_iter().take(2).map(|row| Row::from(row).dim()).collect();
    rows.push(Row::default());
    rows.push(Row::from("y deletes it for everybody, any other key keeps it"));
    frame.render_widget(Paragraph::new(rows), inner);
}

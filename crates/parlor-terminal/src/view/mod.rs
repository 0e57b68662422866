//! Draws the screen from what the interface holds; it changes nothing but what scrolling needs.
//!
//! On the left the conversations, where there is room for them; on the right the open one with its
//! title, its messages, who is writing, and the composer. Everything from outside has gone through
//! `printable`.

use std::time::Instant;

use ratatui_core::layout::{Constraint, Layout, Position, Rect};
use ratatui_core::style::{Color, Modifier, Style, Stylize};
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line as Row, Span};
use ratatui_widgets::paragraph::Paragraph;
use unicode_width::UnicodeWidthStr;

pub(crate) use self::clock::Clock;
use self::wrap::wrap;
use crate::link::Lost;
use crate::printable::{printable, printable_line};
use crate::state::{Conversation, Key};
use crate::ui::{Phase, Ui, Writing};

mod clock;
mod over;
mod rows;
mod wrap;

/// Where there are fewer columns, the list of conversations is left out.
const LIST_FROM: u16 = 72;
const LIST_WIDTH: u16 = 22;
/// What has to be said takes up to this many rows.
const STATUS_ROWS: usize = 3;
/// The composer grows up to this many rows.
const COMPOSER_ROWS: usize = 6;

/// Draws everything.
pub(crate) fn draw(frame: &mut Frame<'_>, ui: &mut Ui, clock: &Clock, now: Instant) {
    let area = frame.area();
    let wide = if area.width >= LIST_FROM { LIST_WIDTH } else { 0 };
    let [list, right] =
        Layout::horizontal([Constraint::Length(wide), Constraint::Fill(1)]).areas(area);
    if wide > 0 {
        conversations(frame, list, ui);
    }
    let width = usize::from(right.width).saturating_sub(2).max(1);
    let before = wrap(&printable(ui.composer.before()), width);
    let composed = wrap(&printable(ui.composer.text()), width);
    let rows = composed.len().max(before.len()).min(COMPOSER_ROWS);
    let (words, style) = status(ui, now);
    let words = wrap(&words, usize::from(right.width).max(1));
    let said = words.len().min(STATUS_ROWS);
    let [title, middle, below, composer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(u16::try_from(said).unwrap_or(1)),
        Constraint::Length(u16::try_from(rows).unwrap_or(1)),
    ])
    .areas(right);
    title_bar(frame, title, ui, wide == 0);
    messages(frame, middle, ui, clock);
    let words: Vec<_> = words.into_iter().take(said).map(|row| Row::styled(row, style)).collect();
    frame.render_widget(Paragraph::new(words), below);
    write_line(frame, composer, ui, &before, &composed);
    if let Some(overlay) = &ui.overlay {
        over::draw(frame, area, overlay);
    }
}

fn conversations(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let width = usize::from(area.width.saturating_sub(1));
    let mut rows = vec![Row::from(ui.server.clone()).dim()];
    let order = ui.state.ordered();
    let height = usize::from(area.height).saturating_sub(1).max(1);
    let open = order.iter().position(|one| Some(one.key) == ui.state.open).unwrap_or(0);
    let first = (open + 1).saturating_sub(height);
    for one in order.iter().skip(first).take(height) {
        let count = match (one.unread, one.mentions) {
            (0, _) => String::new(),
            (unread, 0) => format!(" {unread}"),
            (unread, _) => format!(" @{unread}"),
        };
        let room = width.saturating_sub(count.len() + 1);
        let name = wrap(&one.name, room).remove(0);
        let pad = room.saturating_sub(name.width());
        let mut style = Style::new();
        if one.unread > 0 {
            style = style.add_modifier(Modifier::BOLD);
        }
        if Some(one.key) == ui.state.open {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let count = Span::styled(count, style.fg(Color::Yellow));
        rows.push(Row::from(vec![Span::styled(format!(" {name}{:pad$}", ""), style), count]));
    }
    frame.render_widget(Paragraph::new(rows), area);
}

fn title_bar(frame: &mut Frame<'_>, area: Rect, ui: &Ui, alone: bool) {
    let Some(one) = ui.state.current() else {
        frame.render_widget(Paragraph::new("Parlor").bold(), area);
        return;
    };
    let elsewhere: u64 = ui.state.ordered().iter().map(|one| one.unread).sum();
    let mut spans = vec![Span::from(one.name.clone()).bold()];
    if alone && elsewhere > one.unread {
        spans.push(Span::from(format!("  {} elsewhere", elsewhere - one.unread)).yellow());
    }
    if !one.subject.is_empty() {
        spans.push(Span::from(format!("  {}", one.subject)).dim());
    }
    frame.render_widget(Paragraph::new(Row::from(spans)), area);
}

fn messages(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui, clock: &Clock) {
    let height = usize::from(area.height);
    let Some(one) = ui.state.current() else {
        let hint = "Type /join #room to open a room, /list to see them, F1 for help.";
        frame.render_widget(Paragraph::new(hint).dim(), area);
        return;
    };
    let all = rows::rows(ui, one, clock, usize::from(area.width));
    let count = all.rows.len();
    let most = count.saturating_sub(height);
    let mut scroll = ui.scroll.min(most);
    if let Some((begin, end)) = all.chosen {
        // The chosen message is brought into view.
        let bottom = count - scroll;
        if end > bottom {
            scroll = count - end;
        } else if begin < bottom.saturating_sub(height) {
            scroll = count.saturating_sub(begin + height);
        }
    }
    let from = count.saturating_sub(scroll + height);
    let mut shown: Vec<Row<'static>> = all.rows.into_iter().skip(from).take(height).collect();
    if let Some((begin, end)) = all.chosen {
        for row in shown.iter_mut().take(end.saturating_sub(from)).skip(begin.saturating_sub(from))
        {
            row.style = row.style.add_modifier(Modifier::REVERSED);
        }
    }
    // Few messages stand at the bottom, as in a conversation that has just begun.
    let pad = height.saturating_sub(shown.len());
    let area = Rect {
        y: area.y + u16::try_from(pad).unwrap_or(0),
        height: area.height - u16::try_from(pad).unwrap_or(0),
        ..area
    };
    frame.render_widget(Paragraph::new(shown), area);
    ui.scroll = scroll;
    if scroll == most && (scroll > 0 || count < height) {
        ui.load_older();
    }
}

/// What has to be said just now.
fn status(ui: &Ui, now: Instant) -> (String, Style) {
    let told = |words: String| (words, Style::new().fg(Color::Cyan));
    if let Some(problem) = &ui.problem {
        return (problem.clone(), Style::new().fg(Color::Red));
    }
    if let Some(words) = &ui.told {
        return told(words.clone());
    }
    if ui.chosen.is_some() {
        return told("r reply  e edit  + react  Del delete  ↑↓ choose  Esc back".to_owned());
    }
    if let Some(words) = connection(ui, now) {
        return (words, Style::new().fg(Color::Yellow));
    }
    match &ui.writing {
        Writing::Reply { nick, .. } => {
            told(format!("replying to {}; Esc gives it up", printable_line(nick)))
        }
        Writing::Edit { .. } => told("editing your message; Esc gives it up".to_owned()),
        Writing::Reaction { nick, .. } => {
            told(format!("an emoji for {}'s message; Esc gives it up", printable_line(nick)))
        }
        Writing::New => (writers(ui, now), Style::new().dim()),
    }
}

/// What there is to say of the connection; nothing when all is well.
fn connection(ui: &Ui, now: Instant) -> Option<String> {
    match ui.phase {
        Phase::Online => None,
        Phase::Connecting => Some(format!("connecting to {} …", ui.server)),
        Phase::SignedOut => Some("you were signed out; start again to sign in".to_owned()),
        Phase::Waiting { why, until } => {
            let seconds = until.saturating_duration_since(now).as_secs_f64().ceil();
            let why = match why {
                Lost::Broken => "no connection",
                Lost::Restart => "the server restarts",
            };
            Some(format!("{why}; next attempt in {seconds} s, Ctrl-R tries now"))
        }
    }
}

fn writers(ui: &Ui, now: Instant) -> String {
    let one: Option<&Conversation> = ui.state.current();
    let writers = one.map(|one| one.writers(now)).unwrap_or_default();
    match writers.as_slice() {
        [] if ui.scroll > 0 => "scrolled up; End goes to the newest".to_owned(),
        [] => String::new(),
        [one] => format!("{one} is writing …"),
        [one, two] => format!("{one} and {two} are writing …"),
        [one, two, three] => format!("{one}, {two} and {three} are writing …"),
        _ => "several people are writing …".to_owned(),
    }
}

fn write_line(frame: &mut Frame<'_>, area: Rect, ui: &Ui, before: &[String], composed: &[String]) {
    let height = usize::from(area.height);
    let caret = before.len().saturating_sub(1);
    let first = (caret + 1).saturating_sub(height);
    let mut rows: Vec<Row<'static>> = Vec::new();
    for (index, row) in composed.iter().enumerate().skip(first).take(height) {
        let prompt = if index == 0 { "› " } else { "  " };
        rows.push(Row::from(vec![Span::from(prompt).cyan(), Span::from(row.clone())]));
    }
    if ui.composer.is_empty() && ui.writing == Writing::New {
        let to = ui.state.current().map_or("", |one| match one.key {
            Key::Room(_) | Key::Person(_) => one.name.as_str(),
        });
        let hint = if to.is_empty() { String::new() } else { format!("Message {to}") };
        rows = vec![Row::from(vec![Span::from("› ").cyan(), Span::from(hint).dim()])];
    }
    frame.render_widget(Paragraph::new(rows), area);
    if ui.overlay.is_none() && ui.chosen.is_none() {
        let column = before.last().map_or(0, |row| row.width()) + 2;
        let x =
            area.x + u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        let y = area.y + u16::try_from(caret - first.min(caret)).unwrap_or(0);
        frame.set_cursor_position(Position { x, y: y.min(area.bottom().saturating_sub(1)) });
    }
}

#[cfg(test)]
mod tests;

//! A conversation as rows of text, from its lines: days, messages by author, what hangs on them.

use ratatui_core::style::{Color, Modifier, Style, Stylize};
use ratatui_core::text::{Line as Row, Span};

use super::clock::Clock;
use super::wrap::wrap;
use crate::printable::{printable, printable_line};
use crate::state::{Conversation, Line, calls};
use crate::ui::Ui;
use crate::wire::Message;

/// The columns before a message: the time, and two spaces.
const MARGIN: usize = 7;

/// Messages of one author within this time stand under one name.
const TOGETHER_MS: i64 = 5 * 60_000;

/// The rows of a conversation, and between which of them the chosen message stands.
pub(super) struct Rows {
    pub(super) rows: Vec<Row<'static>>,
    pub(super) chosen: Option<(usize, usize)>,
}

/// All rows of the lines that are held.
pub(super) fn rows(ui: &Ui, one: &Conversation, clock: &Clock, width: usize) -> Rows {
    let mut all = Rows { rows: Vec::new(), chosen: None };
    if one.loaded && !one.more {
        all.rows.push(Row::from(format!("This is where {} begins.", one.name)).dim());
    }
    let mut before: Option<&Line> = None;
    let mut marker = one.marker;
    for line in &one.lines {
        let day = clock.day(line.at());
        if before.is_none_or(|before| clock.day(before.at()) != day) {
            all.rows.push(rule(&day, width).dim());
        }
        if marker.is_some_and(|read| line.n() > read) && matches!(line, Line::Message(_)) {
            all.rows.push(rule("new", width).fg(Color::Red));
            marker = None;
            before = None;
        }
        match line {
            Line::Notice { at, text, .. } => notice(&mut all.rows, &clock.time(*at), text, width),
            Line::Message(said) => {
                let begin = all.rows.len();
                let named = begins(before, said);
                message(&mut all.rows, said, &ui.state.me.nick, &clock.time(said.at), named, width);
                if ui.chosen == Some(said.n) {
                    all.chosen = Some((begin, all.rows.len()));
                }
            }
        }
        before = Some(line);
    }
    for pending in ui.outbox.of(one.key) {
        let text = printable(&pending.text);
        let me = format!("{} …", ui.state.me.nick);
        all.rows.push(Row::from(indent(&me)).dim());
        all.rows.extend(
            wrap(&text, width.saturating_sub(MARGIN))
                .iter()
                .map(|row| Row::from(indent(row)).dim()),
        );
    }
    all
}

fn indent(text: &str) -> String {
    format!("{:MARGIN$}{text}", "")
}

/// A word in the middle of a line across the screen.
fn rule(word: &str, width: usize) -> Row<'static> {
    let left = width.saturating_sub(word.len() + 2) / 2;
    let right = width.saturating_sub(word.len() + 2 + left);
    Row::from(format!("{} {word} {}", "─".repeat(left), "─".repeat(right)))
}

fn notice(rows: &mut Vec<Row<'static>>, time: &str, text: &str, width: usize) {
    for (index, row) in wrap(text, width.saturating_sub(MARGIN)).into_iter().enumerate() {
        let margin = if index == 0 { format!("{time}  ") } else { indent("") };
        rows.push(Row::from(format!("{margin}{row}")).dim());
    }
}

/// Whether the author's name stands over this message.
fn begins(before: Option<&Line>, said: &Message) -> bool {
    match before {
        Some(Line::Message(before)) => {
            before.from.person != said.from.person
                || said.at - before.at > TOGETHER_MS
                || said.reply.is_some()
                || said.kind == "action"
                || before.kind == "action"
        }
        Some(Line::Notice { .. }) | None => true,
    }
}

fn message(
    rows: &mut Vec<Row<'static>>,
    said: &Message,
    me: &str,
    time: &str,
    named: bool,
    width: usize,
) {
    let text_width = width.saturating_sub(MARGIN);
    let nick = printable_line(&said.from.nick);
    let name = Style::new().fg(colour(&nick)).add_modifier(Modifier::BOLD);
    if let Some(reply) = &said.reply {
        let to = printable_line(reply.nick.as_deref().unwrap_or("a message that is gone"));
        let text = printable_line(reply.text.as_deref().unwrap_or_default());
        let quote = wrap(&format!("↱ {to}: {text}"), text_width).remove(0);
        rows.push(Row::from(indent(&quote)).dim());
    }
    let action = said.kind == "action";
    if named && !action {
        let spans = vec![Span::from(format!("{time}  ")).dim(), Span::styled(nick.clone(), name)];
        rows.push(Row::from(spans));
    }
    let text = shown(said);
    let text = if action { format!("* {nick} {text}") } else { text };
    let mut style = Style::new();
    if said.redacted || said.kind == "notice" {
        style = style.add_modifier(Modifier::DIM);
    }
    if action {
        style = style.add_modifier(Modifier::ITALIC);
    }
    if said.from.nick != me && calls(&text, me) {
        style = style.fg(Color::Yellow);
    }
    for (index, row) in wrap(&text, text_width).into_iter().enumerate() {
        let margin = if action && index == 0 { format!("{time}  ") } else { indent("") };
        rows.push(Row::from(vec![Span::from(margin).dim(), Span::styled(row, style)]));
    }
    for file in &said.files {
        let shown = printable_line(&format!("[{}] {}", file.name, file.url));
        rows.extend(
            wrap(&shown, text_width).iter().map(|row| Row::from(indent(row)).fg(Color::Cyan)),
        );
    }
    if !said.reactions.is_empty() {
        let each = said.reactions.iter().map(|reaction| {
            let own = if reaction.mine { "*" } else { "" };
            format!("[{}{}{own}]", printable_line(&reaction.emoji), reaction.count)
        });
        let shown = each.collect::<Vec<_>>().join(" ");
        rows.extend(wrap(&shown, text_width).iter().map(|row| Row::from(indent(row)).dim()));
    }
}

fn shown(said: &Message) -> String {
    if said.redacted {
        return "(deleted)".to_owned();
    }
    let text = printable(&said.text);
    if said.edited.is_some() { format!("{text} (edited)") } else { text }
}

/// A colour for a name: the same name has the same colour everywhere.
fn colour(nick: &str) -> Color {
    const COLOURS: [Color; 6] =
        [Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan, Color::LightRed];
    let sum = nick.bytes().fold(7_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(byte.to_ascii_lowercase()))
    });
    COLOURS[sum % COLOURS.len()]
}

//! Cells as escape sequences: what has changed and no more, except where terminals disagree.
//!
//! How wide a character is, only the terminal knows. For most text all agree; for what is put together
//! of several code points, and for rare scripts, they do not: what was expected to be two columns wide
//! is drawn over three, and the third is one that nobody will draw again, because nothing is expected
//! to be there. A row that has, or had, such text is therefore cleared and drawn whole whenever
//! anything in it changes: nothing that others write stays where it does not belong.

use std::io::{self, Write};

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::style::{Attribute, Color as Ink, Colors, Print, SetAttribute, SetColors};
use crossterm::terminal::{Clear, ClearType};
use ratatui_core::buffer::Cell;
use ratatui_core::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Draws, and knows what it has drawn.
#[derive(Default)]
pub(super) struct Painter {
    rows: Vec<Vec<Cell>>,
}

/// Where the next letter would go, and how it would look.
struct Pen {
    look: Look,
    at: Option<(u16, u16)>,
}

impl Painter {
    /// Everything on the screen is gone.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// Draws cells that have changed, row by row.
    pub(super) fn paint<'a>(
        &mut self,
        out: &mut impl Write,
        content: impl Iterator<Item = (u16, u16, &'a Cell)>,
    ) -> io::Result<()> {
        let mut pen = Pen { look: Look::PLAIN, at: None };
        let mut content = content.peekable();
        while let Some(&(_, y, _)) = content.peek() {
            let mut changed = Vec::new();
            while let Some((x, _, cell)) = content.next_if(|(_, other, _)| *other == y) {
                changed.push((x, cell));
            }
            let row = self.row(y);
            let before = row.iter().any(is_doubtful);
            for (x, cell) in &changed {
                put(row, *x, cell);
            }
            if before || row.iter().any(is_doubtful) {
                pen.set(out, Look::PLAIN)?;
                queue!(out, MoveTo(0, y), Clear(ClearType::CurrentLine))?;
                pen.at = Some((0, y));
                let mut x = 0;
                while let Some(cell) = row.get(usize::from(x)) {
                    pen.draw(out, x, y, cell)?;
                    x = x.saturating_add(width(cell));
                }
            } else {
                for (x, cell) in changed {
                    pen.draw(out, x, y, cell)?;
                }
            }
        }
        Look::PLAIN.write(out)
    }

    fn row(&mut self, y: u16) -> &mut Vec<Cell> {
        let y = usize::from(y);
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        &mut self.rows[y]
    }
}

impl Pen {
    fn set(&mut self, out: &mut impl Write, look: Look) -> io::Result<()> {
        if look != self.look {
            look.write(out)?;
            self.look = look;
        }
        Ok(())
    }

    fn draw(&mut self, out: &mut impl Write, x: u16, y: u16, cell: &Cell) -> io::Result<()> {
        // The cursor stands behind the last cell; anywhere else it has to be moved.
        if self.at != Some((x, y)) {
            queue!(out, MoveTo(x, y))?;
        }
        self.set(out, Look { colours: (cell.fg, cell.bg), modifier: cell.modifier })?;
        queue!(out, Print(cell.symbol()))?;
        // Behind anything else the cursor may be elsewhere; then it is moved for certain.
        self.at = cell.symbol().is_ascii().then_some((x + 1, y));
        Ok(())
    }
}

/// Notes a cell; what it covers is blank.
fn put(row: &mut Vec<Cell>, x: u16, cell: &Cell) {
    let (x, wide) = (usize::from(x), usize::from(width(cell)));
    if row.len() < x + wide {
        row.resize(x + wide, Cell::EMPTY);
    }
    row[x..x + wide].fill(Cell::EMPTY);
    row[x] = cell.clone();
}

fn width(cell: &Cell) -> u16 {
    u16::try_from(cell.symbol().width()).unwrap_or(u16::MAX).clamp(1, 16)
}

/// Whether terminals may disagree on how wide this is.
fn is_doubtful(cell: &Cell) -> bool {
    let mut letters = cell.symbol().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => !matches!(letter,
            '\u{0}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}'
                | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{2190}'..='\u{21ff}'
                | '\u{2400}'..='\u{2426}' | '\u{2500}'..='\u{257f}'
                | '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{309b}'..='\u{30ff}'
                | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{fffd}'),
        (first, _) => first.is_some(),
    }
}

/// How a cell is drawn: its colours and the four things that this client does to letters.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    colours: (Color, Color),
    modifier: Modifier,
}

impl Look {
    const PLAIN: Self = Self { colours: (Color::Reset, Color::Reset), modifier: Modifier::empty() };

    fn write(self, out: &mut impl Write) -> io::Result<()> {
        queue!(out, SetAttribute(Attribute::Reset))?;
        for (modifier, attribute) in [
            (Modifier::BOLD, Attribute::Bold),
            (Modifier::DIM, Attribute::Dim),
            (Modifier::ITALIC, Attribute::Italic),
            (Modifier::REVERSED, Attribute::Reverse),
        ] {
            if self.modifier.contains(modifier) {
                queue!(out, SetAttribute(attribute))?;
            }
        }
        queue!(out, SetColors(Colors::new(ink(self.colours.0), ink(self.colours.1))))
    }
}

/// The sixteen colours that every terminal has, in the reader's own shades.
fn ink(colour: Color) -> Ink {
    match colour {
        Color::Reset => Ink::Reset,
        Color::Black => Ink::Black,
        Color::Red => Ink::DarkRed,
        Color::Green => Ink::DarkGreen,
        Color::Yellow => Ink::DarkYellow,
        Color::Blue => Ink::DarkBlue,
        Color::Magenta => Ink::DarkMagenta,
        Color::Cyan => Ink::DarkCyan,
        Color::Gray => Ink::Grey,
        Color::DarkGray => Ink::DarkGrey,
        Color::LightRed => Ink::Red,
        Color::LightGreen => Ink::Green,
        Color::LightYellow => Ink::Yellow,
        Color::LightBlue => Ink::Blue,
        Color::LightMagenta => Ink::Magenta,
        Color::LightCyan => Ink::Cyan,
        Color::White => Ink::White,
        Color::Rgb(r, g, b) => Ink::Rgb { r, g, b },
        Color::Indexed(index) => Ink::AnsiValue(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for these cells of the first row.
    fn painted(painter: &mut Painter, cells: &[(u16, &'static str)]) -> String {
        let cells: Vec<_> = cells.iter().map(|(x, text)| (*x, Cell::new(text))).collect();
        let mut out = Vec::new();
        painter.paint(&mut out, cells.iter().map(|(x, cell)| (*x, 0, cell))).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.strip_suffix("\u{1b}[0m\u{1b}[39;49m").unwrap().to_owned()
    }

    #[test]
    fn only_what_has_changed_is_drawn() {
        let mut painter = Painter::default();
        assert_eq!(painted(&mut painter, &[(1, "a"), (2, "b")]), "\u{1b}[1;2Hab");
        assert_eq!(painted(&mut painter, &[(2, "ä"), (3, "日")]), "\u{1b}[1;3Hä\u{1b}[1;4H日");
    }

    #[test]
    fn a_row_on_whose_width_terminals_disagree_is_drawn_whole() {
        let mut painter = Painter::default();
        painted(&mut painter, &[(0, "a")]);
        let whole = "\u{1b}[1;1H\u{1b}[2K";
        let cluster = "\u{915}\u{94d}\u{937}\u{93f}";
        assert_eq!(
            painted(&mut painter, &[(1, cluster)])[..14],
            format!("{whole}a{cluster}")[..14]
        );
        // It is gone, and with it whatever it covered.
        assert_eq!(painted(&mut painter, &[(1, "b"), (2, " ")])[..13], format!("{whole}ab ")[..13]);
        assert_eq!(painted(&mut painter, &[(1, "c")]), "\u{1b}[1;2Hc");
        painted(&mut painter, &[(1, cluster)]);
        painter.forget();
        assert_eq!(painted(&mut painter, &[(1, "c")]), "\u{1b}[1;2Hc");
    }
}

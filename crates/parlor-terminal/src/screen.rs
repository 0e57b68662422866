//! The terminal as something to draw on: raw mode, the alternate screen, and cells as escape
//! sequences by crossterm.
//!
//! It stands here, and not in ratatui's own adapter, because that brings thirty packages for what
//! needs one page. Whatever is written is collected and goes out with one system call a picture,
//! which is what makes it pleasant over a slow line. The terminal is given back as it was when the
//! [`Screen`] goes, and before a panic says its words.

use std::io::{self, BufWriter, Stdout, Write};
use std::panic;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::{Attribute, Color as Ink, Colors, Print, SetAttribute, SetColors};
use crossterm::terminal::{
    Clear, ClearType as Part, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};

/// The whole terminal, while it is ours.
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    cursor: Position,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn take() -> io::Result<Self> {
        enable_raw_mode()?;
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        // From here on, dropping gives it back, also when the next step fails.
        let screen =
            Self { out: BufWriter::with_capacity(1 << 16, io::stdout()), cursor: Position::ORIGIN };
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Each step is tried, whatever became of the others: half a terminal is better than none.
fn give_back() {
    execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show).ok();
    disable_raw_mode().ok();
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

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut look = Look::PLAIN;
        let mut next = None;
        for (x, y, cell) in content {
            // The cursor stands behind the last cell; anywhere else it has to be moved.
            if next != Some((x, y)) {
                queue!(self.out, MoveTo(x, y))?;
            }
            let new = Look { colours: (cell.fg, cell.bg), modifier: cell.modifier };
            if new != look {
                new.write(&mut self.out)?;
                look = new;
            }
            queue!(self.out, Print(cell.symbol()))?;
            // A wide character leaves the cursor two cells on; then it is moved for certain.
            next = cell.symbol().is_ascii().then_some((x + 1, y));
        }
        Look::PLAIN.write(&mut self.out)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        queue!(self.out, Hide)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        queue!(self.out, Show)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        queue!(self.out, MoveTo(self.cursor.x, self.cursor.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        let part = match clear_type {
            ClearType::All => Part::All,
            ClearType::AfterCursor => Part::FromCursorDown,
            ClearType::BeforeCursor => Part::FromCursorUp,
            ClearType::CurrentLine => Part::CurrentLine,
            ClearType::UntilNewLine => Part::UntilNewLine,
        };
        queue!(self.out, Clear(part))
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

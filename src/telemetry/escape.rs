//! One line stays one line: what could end it, colour it or turn it around is
//! written out.

use std::{
    fmt::{self, Debug, Write as _},
    io,
};

use tracing::field::Field;
use tracing_subscriber::fmt::{MakeWriter, format::Writer};

/// Whether a terminal or a log viewer could act on the character instead of drawing it.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Writes one field of a line for people.
pub(super) fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{}=", field.name())?;
    }
    let value = format!("{value:?}");
    value.chars().try_for_each(|character| match character {
        character if acts(character) => write!(writer, "{}", character.escape_unicode()),
        character => writer.write_char(character),
    })
}

/// Lines of JSON. Inside a string JSON itself escapes the old control
/// characters only; DEL, C1 (a terminal takes U+009B for `ESC [`) and text
/// directions are escaped here, where they can stand in strings only.
pub(super) struct JsonLines<W>(pub(super) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for JsonLines<W> {
    type Writer = Escaping<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Escaping(self.0.make_writer())
    }
}

/// A writer that gets each line whole, as the subscriber writes it.
pub(super) struct Escaping<W>(W);

impl<W: io::Write> io::Write for Escaping<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut safe = String::with_capacity(line.len());
        for character in String::from_utf8_lossy(line).chars() {
            if acts(character) && character != '\n' {
                // All of them lie below U+10000, so that four digits are enough.
                let _ = write!(safe, "\\u{:04x}", u32::from(character));
            } else {
                safe.push(character);
            }
        }
        self.0.write_all(safe.as_bytes()).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

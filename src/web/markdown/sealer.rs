use super::{Files, Frame, Kind, SafeHtml, Table, Tail, block};

/// Bytes of parsing that each byte of text pays for. It bounds the work of a
/// whole answer, however its blocks are shaped.
const WORK_PER_BYTE: usize = 16;

/// An open block longer than this is not looked at again before the end, so that
/// no chunk costs more than one parse of so much text.
const MOST_WORK: usize = 64 * 1024;

/// Renders Markdown while it is being written: each block once, when no later
/// character can change it.
///
/// It decides on whole lines only, in order, so what it makes depends on the text
/// alone and never on how the text was cut into chunks. A link by reference is
/// text in any case; one whose definition comes after its block was sealed shows
/// its brackets.
#[derive(Debug)]
pub struct Sealer {
    open: String,
    line: usize,
    after_blank: bool,
    credit: usize,
    files: Files,
    #[cfg(test)]
    pub(super) parsed: usize,
}

impl Default for Sealer {
    fn default() -> Self {
        Self::new()
    }
}

impl Sealer {
    /// A sealer before the first character.
    pub fn new() -> Self {
        Self::with(Files::None)
    }

    /// One whose tables can be taken along as files.
    pub fn with(files: Files) -> Self {
        Self {
            open: String::new(),
            line: 0,
            after_blank: false,
            credit: MOST_WORK,
            files,
            #[cfg(test)]
            parsed: 0,
        }
    }

    /// The text of the block that is still open.
    pub fn open(&self) -> &str {
        &self.open
    }

    /// Takes the next piece of text, of any length.
    pub fn push(&mut self, delta: &str) -> Frame {
        let mut sealed = SafeHtml::default();
        let mut cut = false;
        let mut added = String::with_capacity(delta.len());
        for piece in delta.split_inclusive('\n') {
            // A line may end in CR LF; a bare CR would be a line that is not counted here.
            let piece = piece.replace('\r', "");
            self.open.push_str(&piece);
            added.push_str(&piece);
            if piece.ends_with('\n') {
                let length = self.open.len();
                sealed.append(self.line_done());
                cut |= self.open.len() < length;
            }
        }
        let tail = if cut { Tail::Whole(self.open.clone()) } else { Tail::Add(added) };
        Frame { sealed, tail, kind: self.kind() }
    }

    /// Ends the text: whatever was open is final now.
    pub fn finish(&mut self) -> Frame {
        let sealed = block::all(&self.open, &mut self.files);
        *self = Self::with(std::mem::take(&mut self.files));
        Frame { sealed, tail: Tail::Whole(String::new()), kind: Kind::Text }
    }

    /// Ends the text; gives the tables that were collected.
    pub(super) fn end(mut self) -> Vec<Table> {
        self.finish();
        match self.files {
            Files::Collected(tables) => tables,
            Files::None | Files::Below { .. } => Vec::new(),
        }
    }

    /// What the open block will be, judged by its first characters.
    pub fn kind(&self) -> Kind {
        let start = self.open.trim_start();
        let marker = start.trim_start_matches(|sign: char| sign.is_ascii_digit());
        if start.starts_with('|') {
            Kind::Table
        } else if fence(start).is_some() {
            Kind::Code
        } else if ["- ", "* ", "+ "].iter().any(|bullet| start.starts_with(bullet))
            || (marker.len() < start.len() && (marker.starts_with(". ") || marker.starts_with(") ")))
        {
            Kind::List
        } else {
            Kind::Text
        }
    }

    fn line_done(&mut self) -> SafeHtml {
        let length = self.open.len();
        self.credit = (self.credit + (length - self.line) * WORK_PER_BYTE).min(MOST_WORK);
        let line = &self.open[self.line..];
        let blank = line.trim().is_empty();
        let look = self.worth_a_look(line, blank) && self.credit >= length;
        self.after_blank = blank;
        self.line = length;
        if look { self.seal() } else { SafeHtml::default() }
    }

    /// Whether a block can have ended with this line. A wrong guess costs time or
    /// makes a block wait; what is final is decided by parsing alone.
    fn worth_a_look(&self, line: &str, blank: bool) -> bool {
        if let Some(mark) = fence(&self.open) {
            return self.line > 0 && line.trim_start().starts_with(mark);
        }
        let begins = self.after_blank && !line.starts_with([' ', '\t']);
        let heads_table = line.starts_with('|') && line.contains("--");
        if blank { !self.after_blank } else { begins || heads_table || line.starts_with('#') }
    }

    fn seal(&mut self) -> SafeHtml {
        self.credit = self.credit.saturating_sub(self.open.len());
        #[cfg(test)]
        {
            self.parsed += self.open.len();
        }
        let sealed = block::finals(&self.open, self.after_blank, &mut self.files);
        match sealed.rest {
            None => self.open.clear(),
            Some(lines) => {
                let start = line_start(&self.open, lines);
                self.open.drain(..start);
            }
        }
        self.line = self.open.len();
        sealed.html
    }
}

fn line_start(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line).map(str::len).sum()
}

/// The three signs that would close a fenced block, when the text begins with one.
fn fence(text: &str) -> Option<&'static str> {
    let first = text.trim_start_matches(' ').lines().next()?;
    if first.starts_with("```") && !first.trim_start_matches('`').contains('`') {
        Some("```")
    } else {
        first.starts_with("~~~").then_some("~~~")
    }
}

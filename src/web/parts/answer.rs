use askama::{Template, filters::HtmlSafe};

use crate::web::markdown::{self, Files, Kind, SafeHtml, Sealer};

/// What the assistant wrote in one step: finished blocks, and the open text after them.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/answer.html")]
pub struct Answer {
    /// The step of the turn, which the event stream counts from 0.
    pub step: usize,
    /// The blocks that will not change any more.
    pub blocks: SafeHtml,
    /// The text of the block that is still being written; empty when done.
    pub open: String,
    /// What the open block will be.
    pub kind: Kind,
}

impl Answer {
    /// A whole answer.
    pub fn done(turn: &str, step: usize, text: &str) -> Self {
        Self::drawn(step, markdown::render_with(text, Self::files(turn, step)))
    }

    /// A whole answer of which every block was made before.
    pub fn drawn(step: usize, blocks: SafeHtml) -> Self {
        Self { step, blocks, open: String::new(), kind: Kind::Text }
    }

    /// An answer of which more is coming: exactly what the stream has shown so far.
    pub fn so_far(turn: &str, step: usize, text: &str) -> Self {
        let mut sealer = Sealer::with(Self::files(turn, step));
        let blocks = sealer.push(text).sealed;
        Self { step, blocks, open: sealer.open().to_owned(), kind: sealer.kind() }
    }

    /// Where the tables of a step can be had as files.
    pub fn files(turn: &str, step: usize) -> Files {
        Files::below(format!("/turns/{turn}/tables/{step}-"))
    }
}

impl HtmlSafe for Answer {}

use askama::{Template, filters::HtmlSafe};

use crate::web::markdown::{Kind, SafeHtml, Sealer};

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
    pub fn done(step: usize, text: &str) -> Self {
        Self { step, blocks: crate::web::markdown::render(text), open: String::new(), kind: Kind::Text }
    }

    /// An answer of which more is coming: exactly what the stream has shown so far.
    pub fn so_far(step: usize, text: &str) -> Self {
        let mut sealer = Sealer::new();
        let blocks = sealer.push(text).sealed;
        Self { step, blocks, open: sealer.open().to_owned(), kind: sealer.kind() }
    }
}

impl HtmlSafe for Answer {}

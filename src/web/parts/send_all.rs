use askama::{Template, filters::HtmlSafe};

/// Sends all drafts of a turn that still wait, with one click.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/send_all.html")]
pub struct SendAll {
    /// Names the part in the event stream.
    pub key: String,
    /// The turn that holds the drafts.
    pub turn: String,
    /// The drafts that wait, as they are shown.
    pub approvals: Vec<Approval>,
    /// Where they go: "Mateo Nguyen and James Martinez, a mail each".
    pub words: String,
    /// The button: "Send both from mary@school.example".
    pub send: String,
}

/// One draft among those to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The approval id.
    pub id: String,
    /// The hash of what is shown.
    pub hash: String,
}

impl HtmlSafe for SendAll {}

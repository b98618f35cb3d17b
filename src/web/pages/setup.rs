use askama::Template;

use crate::web::{
    markdown::SafeHtml,
    parts::{Frame, Tone},
};

/// How this site is set up, for its operator.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/setup.html")]
pub struct SetUp {
    /// What is around the page.
    pub frame: Frame,
    /// Whether it would work, as far as can be seen.
    pub works: Tone,
    /// When it was looked at: "14:02".
    pub seen: String,
    /// What was seen, part by part.
    pub found: Vec<Checked>,
    /// Since when flaws are counted.
    pub since: String,
    /// What teachers ran into, the latest first.
    pub met: Vec<Flawed>,
    /// The settings under their headings.
    pub settings: Vec<(&'static str, Vec<Given>)>,
}

/// What was seen of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The part: "Token Vault".
    pub about: String,
    /// "Works".
    pub state: &'static str,
    /// The same as a colour and a shape.
    pub tone: Tone,
    /// What was seen, and what to do.
    pub words: String,
    /// Where the guide tells more, and under which heading.
    pub part: Option<(String, &'static str)>,
}

/// One flaw that teachers ran into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flawed {
    /// What it looks like.
    pub title: String,
    /// "Met", or "Likely" where it is a guess.
    pub state: &'static str,
    /// The same as a colour and a shape.
    pub tone: Tone,
    /// "3 times, last at 14:02".
    pub often: String,
    /// When last, for a machine.
    pub last: String,
    /// The click that mends it.
    pub mend: String,
    /// Where the guide tells more, and under which heading.
    pub part: (String, &'static str),
}

/// One setting, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// The variable.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Whether it is set.
    pub set: bool,
}

/// The guide from a new tenant to a sent mail.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/guide.html")]
pub struct Guide {
    /// What is around the page.
    pub frame: Frame,
    /// Its title.
    pub title: String,
    /// What stands before the first heading.
    pub lead: SafeHtml,
    /// Its parts.
    pub parts: Vec<GuidePart>,
}

/// One part of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuidePart {
    /// Where it is found on the page.
    pub anchor: String,
    /// Its heading.
    pub heading: String,
    /// What stands below.
    pub body: SafeHtml,
}

impl SetUp {
    fn verdict(&self) -> &'static str {
        match self.works {
            Tone::Bad => "Something does not work. What mends it stands beside it.",
            Tone::Warn => "It may work. Look at what is marked.",
            Tone::Good | Tone::Plain => "As far as can be seen from here, it works.",
        }
    }
}

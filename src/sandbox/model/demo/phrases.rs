//! The phrases by which an intent is known, and those that flows share.

/// Verbs that ask for a mail whatever follows.
pub const WRITE: &[&str] = &[
    "write",
    "email",
    "mail",
    "message",
    "send",
    "draft",
    "contact",
    "reach out",
    "drop a line",
    "encourage",
    "motivate",
    "congratulate",
    "praise",
    "motivation",
    "encouragement",
];

/// Verbs that ask for a mail when a person follows.
pub const SPEAK: &[&str] = &["tell", "remind", "invite", "ask", "thank", "offer"];

/// Wishes about the last drafts.
pub const CHANGE: &[&str] = &[
    "make it",
    "make them",
    "make that",
    "rewrite",
    "redraft",
    "again",
    "warmer",
    "kinder",
    "softer",
    "gentler",
    "friendlier",
    "firmer",
    "stricter",
    "sterner",
    "shorter",
    "briefer",
    "longer",
    "more formal",
    "more serious",
    "more personal",
    "more encouraging",
    "more positive",
    "less formal",
    "less strict",
    "another version",
];

/// Questions about what became of the mails.
pub const SENT: &[&str] = &[
    "did you send",
    "have you sent",
    "did you write",
    "have you written",
    "was it sent",
    "were they sent",
    "is it sent",
    "has it been sent",
    "what did you send",
    "who did you write",
    "did it go out",
    "what was sent",
    "did the mail*",
    "did the email*",
    "was the mail sent",
    "was the email sent",
];

/// Questions for those who need attention.
pub const AT_RISK: &[&str] = &[
    "at risk",
    "risk",
    "struggl*",
    "behind",
    "worr*",
    "concern*",
    "danger",
    "attention",
    "trouble",
    "out of reach",
    "weak*",
    "low",
    "lowest",
    "worst",
    "fail*",
    "need help",
    "needs help",
    "who needs",
    "who need",
    "not pass",
];

/// Words for everyone at once.
pub const OVERVIEW: &[&str] = &[
    "students",
    "everyone",
    "everybody",
    "overview",
    "summary",
    "situation",
    "report",
    "semester",
    "pupils",
    "kids",
    "my class",
    "we doing",
    "all doing",
];

/// Words with which one asks to be shown something.
pub const LOOK: &[&str] = &[
    "how",
    "hows",
    "show",
    "tell",
    "about",
    "what",
    "whats",
    "see",
    "view",
    "open",
    "doing",
    "going",
    "look",
    "who",
    "is",
    "list",
    "are there",
];

/// The beginning of every offer to write, so that a "yes" can be understood.
pub const OFFER: &str = "Shall I write to ";

/// "Yes" to an offer.
pub const YES: &[&str] = &["yes", "sure", "please do", "do it", "go ahead", "of course"];

/// Words that stand for students named before.
pub const PRONOUNS: &[&str] = &["he", "she", "they", "him", "her", "them", "these students", "those students"];

/// Verbs that would change the grade book.
pub const EDIT: &[&str] =
    &["give", "set", "change", "delete", "remove", "add", "edit", "update", "raise", "correct", "fix"];

/// Words for a chart.
pub const CHART: &[&str] =
    &["chart", "charts", "graph", "graphs", "diagram*", "plot", "histogram", "distribution", "trend", "trends", "draw"];

/// Questions for the list of classes.
pub const CLASSES: &[&str] = &[
    "my classes",
    "my courses",
    "which classes",
    "what classes",
    "list classes",
    "do i teach",
    "all classes",
    "the classes",
];

/// People a teacher may want to write to, and no tool of ours can.
pub const OTHERS: &[&str] = &[
    "parent",
    "parents",
    "guardian",
    "guardians",
    "mother",
    "mothers",
    "father",
    "fathers",
    "mom",
    "dad",
    "mum",
    "family",
    "principal",
    "colleague",
];

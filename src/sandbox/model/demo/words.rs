//! A person's words, cut and folded so that case, accents and quotes do not matter.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words that are never anybody's name: the small words, and those that the demo model knows.
static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| KNOWN_WORDS.split_whitespace().collect());

const LONG: [&str; 5] = ["students", "semester", "everyone", "everybody", "classes"];

const KNOWN_WORDS: &str = "a an the and or but if of to for in on at by from with without as is are was were be been am im \
    i me my mine we us our you your he him his she her hers they them their theirs it its this that these those there here \
    what which who whom whose when where why how whats hows do does did done doing dont doesnt didnt can could may \
    might will would shall should must have has had not no yes please let lets tell show see view open look give list \
    say says ask about going go goes get gets getting make makes made need needs needed require requires required \
    want wants like likely more most less least much many some any all each every everyone everybody both other \
    others than then too also just still now today tomorrow yet so very really well good bad better best worse worst \
    top strong strongest stronger weak weakest low lowest high higher highest aim excel excelling great progress progressing \
    student students pupil pupils kid kids child children class classes course courses group groups subject subjects \
    teach teaching school semester term year quarter month week current currently last previous past first second third \
    next final grade grades graded mark marks score scores result results average averages evaluation evaluations exam \
    exams test tests overview summary summarise summarize report status update situation picture \
    pass passes passing fail fails failing forecast predict prediction risk danger trouble attention help struggle \
    struggles struggling behind worried worry worrying concern concerned reach out stand standing chance chances \
    compare comparison versus vs difference between against \
    write writes writing mail mails email emails message messages letter letters note notes draft drafts drop line \
    send sends contact reach encourage encouragement encouraging motivate motivation motivating congratulate praise \
    remind invite offer mention saying thank thanks cheers lot lots hello hi hey morning afternoon evening ok okay perfect \
    warm warmer warmly kind kinder kindly gentle gentler gently soft softer friendly friendlier firm firmer firmly \
    serious seriously strict stricter stern sterner formal brief briefer briefly short shorter long longer concise \
    tone way manner bit little again another version rewrite redraft try keep one ones two three up down over off \
    anyone someone somebody anybody whole entire long far near things thing everything work works hard talk know \
    demo model name names table number numbers part remains remaining left possible enough check yes sure parent parents course up-to-date \
    chart charts graph graphs diagram diagrams plot histogram distribution trend trends draw drawing spread bar bars time over \
    calendar agenda diary meeting meetings meet appointment appointments schedule plan arrange book event events am pm \
    monday tuesday wednesday thursday friday saturday sunday";

/// One word, with its place in the text.
#[derive(Debug, Clone)]
pub struct Token {
    /// The word in small letters without accents.
    pub folded: String,
    /// The word as written.
    pub raw: String,
    /// Its place in the text, in bytes.
    pub place: Range<usize>,
    /// Whether a sentence begins here.
    pub opens: bool,
}

/// A text and its words.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// The text as written.
    pub text: String,
    /// Its words.
    pub tokens: Vec<Token>,
}

impl Token {
    /// Whether it is one of the words that are never a name.
    pub fn is_known(&self) -> bool {
        KNOWN.contains(self.folded.as_str()) || self.is_number() || self.is_mistyped()
    }

    fn is_number(&self) -> bool {
        self.folded.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    }

    /// Whether it is one of the long words of most questions, with a slip of the finger.
    fn is_mistyped(&self) -> bool {
        self.raw == self.folded && LONG.iter().any(|word| strsim::jaro_winkler(word, &self.folded) >= 0.9)
    }

    /// Whether it is written with a capital where a sentence would not ask for one.
    pub fn is_capital(&self) -> bool {
        !self.opens && self.raw.chars().next().is_some_and(char::is_uppercase)
    }
}

impl Words {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        let mut start = None;
        let mut opens = true;
        let ends = text.char_indices().map(Some).chain([None]);
        for item in ends {
            let inside = item.is_some_and(|(at, letter)| is_inside(text, at, letter));
            if let (Some((at, _)), true, None) = (item, inside, start) {
                start = Some(at);
            }
            if let (Some(from), false) = (start, inside) {
                let place = from..item.map_or(text.len(), |(at, _)| at);
                tokens.push(token(text, place, opens));
                (start, opens) = (None, false);
            }
            opens |= item.is_some_and(|(_, letter)| !inside && matches!(letter, '.' | '!' | '?' | '\n' | ':'));
        }
        Self { text: text.to_owned(), tokens }
    }

    /// Where one of `phrases` begins; a word in a phrase may end in `*` for any ending.
    pub fn find(&self, phrases: &[&str]) -> Option<usize> {
        (0..self.tokens.len()).find(|at| phrases.iter().any(|phrase| self.is_at(*at, phrase)))
    }

    /// Whether one of `phrases` occurs.
    pub fn has(&self, phrases: &[&str]) -> bool {
        self.find(phrases).is_some()
    }

    /// Whether `phrase` stands at the word `at`.
    pub fn is_at(&self, at: usize, phrase: &str) -> bool {
        let rest = self.tokens.get(at..).unwrap_or_default();
        phrase.split_whitespace().count() <= rest.len()
            && phrase.split_whitespace().zip(rest).all(|(wanted, token)| match wanted.strip_suffix('*') {
                Some(beginning) => token.folded.starts_with(beginning),
                None => token.folded == wanted,
            })
    }

    /// The word at `at`, folded; empty beyond the end.
    pub fn folded(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.folded)
    }

    /// Whether every word is one of those that are never a name.
    pub fn all_known(&self) -> bool {
        self.tokens.iter().all(Token::is_known)
    }
}

/// Small letters, without accents and apostrophes.
pub fn fold(text: &str) -> String {
    let letters = text.nfkd().filter(|letter| !is_combining_mark(*letter) && !matches!(letter, '\'' | '’'));
    letters.flat_map(char::to_lowercase).collect()
}

fn token(text: &str, place: Range<usize>, opens: bool) -> Token {
    let raw = text.get(place.clone()).unwrap_or_default();
    let bare = ["'s", "’s", "'S", "’S"].iter().find_map(|ending| raw.strip_suffix(ending)).unwrap_or(raw);
    Token { folded: fold(bare), raw: bare.to_owned(), place, opens }
}

/// Letters and digits are inside a word, and so are an apostrophe or a decimal point between them.
fn is_inside(text: &str, at: usize, letter: char) -> bool {
    if letter.is_alphanumeric() || is_combining_mark(letter) {
        return true;
    }
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at + letter.len_utf8()..).and_then(|text| text.chars().next());
    let both = |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
    match letter {
        '\'' | '’' => both(char::is_alphabetic),
        '.' => both(|letter| letter.is_ascii_digit()),
        _ => false,
    }
}

//! Who and what is meant: names and classes found in a person's words.
//!
//! Only students and classes that a tool result names can be found here.

use super::facts::{ClassLine, Student};
use super::words::{Token, Words, fold};

/// The students that some words name.
#[derive(Debug, Default)]
pub struct Named<'a> {
    /// Those who are meant beyond doubt, in the order of the words.
    pub found: Vec<&'a Student>,
    /// Words that fit several students.
    pub doubtful: Vec<Vec<&'a Student>>,
}

/// Finds the students named in `tokens`; `class` decides between namesakes.
pub fn students<'a>(tokens: &[Token], all: &'a [Student], class: Option<&ClassLine>) -> Named<'a> {
    let mut named = Named::default();
    let mut open: Vec<&Student> = Vec::new();
    let mut head = "";
    for token in tokens {
        let fits = fitting(token, all, !open.is_empty());
        let narrowed: Vec<&Student> =
            open.iter().copied().filter(|student| fits.iter().any(|other| other.id() == student.id())).collect();
        if narrowed.is_empty() {
            settle(&mut named, std::mem::take(&mut open), head, class);
            (open, head) = (fits, &token.folded);
        } else {
            open = narrowed;
        }
    }
    settle(&mut named, open, head, class);
    named
}

fn fitting<'a>(token: &Token, all: &'a [Student], in_a_name: bool) -> Vec<&'a Student> {
    if token.folded.chars().count() < 2 || (token.is_known() && !token.is_capital() && !in_a_name) {
        return Vec::new();
    }
    all.iter().filter(|student| parts(student.name()).contains(&token.folded)).collect()
}

fn settle<'a>(named: &mut Named<'a>, fits: Vec<&'a Student>, head: &str, class: Option<&ClassLine>) {
    let by_first: Vec<_> = fits.iter().copied().filter(|student| fold(student.first_name()) == head).collect();
    let fits = if by_first.is_empty() { fits } else { by_first };
    let in_class: Vec<_> =
        fits.iter().copied().filter(|student| class.is_some_and(|class| is_in(student, class))).collect();
    let fits = if in_class.is_empty() { fits } else { in_class };
    match fits.as_slice() {
        [] => {}
        [student] => {
            if !named.found.iter().any(|other| other.id() == student.id()) {
                named.found.push(student);
            }
        }
        _ => named.doubtful.push(fits),
    }
}

fn is_in(student: &Student, class: &ClassLine) -> bool {
    student.classes.iter().any(|row| row.class_id == class.class_id)
}

/// The words of a name, folded.
pub fn parts(name: &str) -> Vec<String> {
    Words::read(name).tokens.into_iter().map(|token| token.folded).collect()
}

/// Finds the classes that `words` name: for each subject those that fit best.
pub fn classes<'a>(words: &Words, all: &'a [ClassLine]) -> Vec<&'a ClassLine> {
    let past = words.has(&["last semester", "previous semester", "last year", "first semester", "past"]);
    let mut fits: Vec<(Fit, &ClassLine)> = all.iter().map(|class| (Fit::of(words, class), class)).collect();
    fits.retain(|(fit, _)| fit.score() > 0);
    let whole = fits.iter().any(|(fit, _)| fit.phrase);
    let grouped = fits.iter().any(|(fit, _)| fit.group && (fit.phrase || fit.part));
    fits.retain(|(fit, _)| !whole || fit.phrase || fit.group);
    fits.retain(|(fit, _)| !grouped || fit.phrase || fit.part);
    if fits.iter().any(|(_, class)| class.is_current() != past) {
        fits.retain(|(_, class)| class.is_current() != past);
    }
    let best =
        |subject: &str| fits.iter().filter(|(_, class)| class.subject() == subject).map(|(fit, _)| fit.score()).max();
    fits.iter().filter(|(fit, class)| Some(fit.score()) == best(class.subject())).map(|(_, class)| *class).collect()
}

/// How a class fits some words.
struct Fit {
    /// The whole subject is there, "Algebra I".
    phrase: bool,
    /// A word of the subject is there, "Algebra".
    part: bool,
    /// The group is there, "10B".
    group: bool,
}

impl Fit {
    fn of(words: &Words, class: &ClassLine) -> Self {
        let subject = parts(class.subject());
        let group: Vec<String> = parts(class.title()).into_iter().filter(|part| !subject.contains(part)).collect();
        let folded: Vec<&str> = words.tokens.iter().map(|token| roman(&token.folded)).collect();
        let long = |part: &&String| part.chars().count() >= 4;
        Self {
            phrase: !subject.is_empty()
                && folded.windows(subject.len()).any(|window| window.iter().zip(&subject).all(|(a, b)| *a == roman(b))),
            part: subject.iter().filter(long).any(|part| words.tokens.iter().any(|token| begins(part, token))),
            group: group.iter().any(|part| folded.contains(&part.as_str())),
        }
    }

    fn score(&self) -> u8 {
        u8::from(self.part) + 2 * u8::from(self.phrase) + 4 * u8::from(self.group)
    }
}

fn begins(part: &str, token: &Token) -> bool {
    token.folded.chars().count() >= 3 && !token.is_known() && part.starts_with(&token.folded)
}

/// People write "Algebra 1" for "Algebra I".
fn roman(part: &str) -> &str {
    match part {
        "1" => "i",
        "2" => "ii",
        "3" => "iii",
        "4" => "iv",
        other => other,
    }
}

/// The words that look like a name and fit neither a student nor a class.
pub fn strangers(tokens: &[Token], students: &[Student], classes: &[ClassLine]) -> Vec<String> {
    let titles: Vec<String> = classes.iter().flat_map(|class| parts(class.title())).collect();
    let names: Vec<String> = students.iter().flat_map(|student| parts(student.name())).collect();
    let strange = |token: &&Token| {
        !token.is_known()
            && token.folded.chars().count() > 1
            && !names.contains(&token.folded)
            && !titles.iter().any(|title| title == roman(&token.folded) || begins(title, token))
    };
    tokens.iter().filter(strange).map(|token| token.raw.clone()).collect()
}

/// Up to three students whose names sound like one of `strangers`.
pub fn near<'a>(strangers: &[String], students: &'a [Student]) -> Vec<&'a Student> {
    let closeness = |student: &Student| {
        let parts = parts(student.name());
        let pairs = strangers.iter().flat_map(|word| parts.iter().map(|part| strsim::jaro_winkler(&fold(word), part)));
        pairs.fold(0.0, f64::max)
    };
    let mut near: Vec<(f64, &Student)> = students.iter().map(|student| (closeness(student), student)).collect();
    near.retain(|(closeness, _)| *closeness >= 0.82);
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.into_iter().map(|(_, student)| student).take(3).collect()
}

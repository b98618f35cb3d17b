//! Whom of a teacher's students a text names.
//!
//! A deterministic reading: ids, addresses, full names in either order, and
//! single names. It errs towards naming somebody; only a name that is also an
//! ordinary word ("Mark", "Grace", "Will") must look like a name where it stands.

mod ordinary;
mod prose;

use std::collections::BTreeMap;

use prose::Word;

use super::{PersonName, Student, StudentId, Teacher};

pub use prose::folded;

/// A place in a text that names one student, or one of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// As it stands there.
    pub said: String,
    /// Whom it can mean, with their full names.
    pub students: Vec<(StudentId, String)>,
    /// Its place among the words of the text.
    pub at: usize,
}

impl Mention {
    /// Whether it can mean this student.
    pub fn may_mean(&self, student: &StudentId) -> bool {
        self.students.iter().any(|(id, _)| id == student)
    }
}

/// How a name can be written, as folded words.
struct Forms {
    whole: Vec<Vec<String>>,
    single: Vec<Vec<String>>,
}

impl Forms {
    fn of(student: &Student) -> Self {
        let (given, family) = parts(&student.name);
        let digits = student.id.as_str().trim_start_matches("s-").to_owned();
        let mut whole = vec![vec!["s".to_owned(), digits.clone()], vec![format!("s{digits}")]];
        let mut single = vec![given.clone(), family.clone()];
        if !given.is_empty() && !family.is_empty() {
            whole.push([given.clone(), family.clone()].concat());
            whole.push([family.clone(), given.clone()].concat());
        }
        for (part, least) in [(&given, 3), (&family, 4)] {
            let alone = part.iter().filter(|word| part.len() > 1 && word.chars().count() >= least);
            single.extend(alone.map(|word| vec![word.clone()]));
        }
        single.retain(|form| !form.is_empty());
        single.dedup();
        Self { whole, single }
    }
}

fn parts(name: &PersonName) -> (Vec<String>, Vec<String>) {
    let (given, family) = (folded(name.given()), folded(name.family()));
    if name.given() == name.full() { (given, Vec::new()) } else { (given, family) }
}

/// Reads a text for one teacher.
pub(super) struct Reading<'a> {
    words: Vec<Word>,
    taken: Vec<bool>,
    students: Vec<(&'a Student, Forms)>,
    found: Vec<Mention>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(text: &str, teacher: &Teacher, students: impl Iterator<Item = &'a Student>) -> Vec<Mention> {
        let words = prose::words(text);
        let students = students.map(|student| (student, Forms::of(student))).collect();
        let mut reading = Self { taken: vec![false; words.len()], words, students, found: Vec::new() };
        reading.addresses(&text.to_lowercase());
        reading.whole_names();
        reading.teacher(teacher);
        reading.hidden_names();
        reading.single_names();
        reading.found.sort_by_key(|mention| mention.at);
        reading.found
    }

    fn addresses(&mut self, text: &str) {
        for (student, _) in &self.students {
            let Some(email) = &student.email else { continue };
            if text.contains(&email.as_str().to_lowercase()) {
                self.found.push(Mention { said: email.as_str().to_owned(), students: vec![known(student)], at: 0 });
            }
        }
    }

    fn whole_names(&mut self) {
        let index = index(&self.students, |forms| &forms.whole);
        for at in 0..self.words.len() {
            self.longest(at, &index, |_, _| true);
        }
    }

    fn single_names(&mut self) {
        let index = index(&self.students, |forms| &forms.single);
        for at in 0..self.words.len() {
            self.longest(at, &index, looks_like_a_name);
        }
    }

    /// Takes the longest form that stands at this place, for all who share it.
    fn longest(&mut self, at: usize, index: &Index<'a>, counts: fn(&[Word], usize) -> bool) {
        let mut starts = vec![self.words[at].folded.as_str()];
        starts.extend(self.words[at].disguised.as_deref());
        let mut best: Option<(usize, Vec<(StudentId, String)>)> = None;
        for (form, student) in starts.iter().filter_map(|start| index.get(*start)).flatten() {
            if !self.stands_at(at, form) || (form.len() == 1 && !counts(&self.words, at)) {
                continue;
            }
            match &mut best {
                Some((length, students)) if *length == form.len() => students.push(known(student)),
                Some((length, _)) if *length > form.len() => {}
                _ => best = Some((form.len(), vec![known(student)])),
            }
        }
        let Some((length, mut students)) = best else { return };
        students.sort();
        students.dedup();
        let said = self.words[at..at + length].iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ");
        self.taken[at..at + length].fill(true);
        self.found.push(Mention { said, students, at });
    }

    fn stands_at(&self, at: usize, form: &[String]) -> bool {
        let Some(words) = self.words.get(at..at + form.len()) else { return false };
        words.iter().zip(form).all(|(word, name)| word.is(name)) && !self.taken[at..at + form.len()].contains(&true)
    }

    /// The teacher's own name names no student: in full, behind a title, or as
    /// the signature in the last line.
    fn teacher(&mut self, teacher: &Teacher) {
        let name: Vec<String> = folded(&teacher.name).into_iter().filter(|word| !ordinary::is_title(word)).collect();
        if name.is_empty() {
            return;
        }
        for at in 0..self.words.len() {
            if self.stands_at(at, &name) {
                self.taken[at..at + name.len()].fill(true);
            }
            let titled = at > 0 && ordinary::is_title(&self.words[at - 1].folded);
            if titled && name.contains(&self.words[at].folded) {
                self.taken[at] = true;
            }
        }
        let Some(last) = self.words.last().map(|word| word.line) else { return };
        let signature = self.words.iter().filter(|word| word.line == last);
        let own = |word: &Word| name.contains(&word.folded) || ordinary::is_title(&word.folded);
        if last > 0 && signature.clone().all(own) {
            let from = self.words.len() - signature.count();
            self.taken[from..].fill(true);
        }
    }

    /// Full names that are spaced, dotted, broken, run together or written
    /// backwards: neighbouring words that make one when they are joined.
    fn hidden_names(&mut self) {
        let mut names: BTreeMap<String, &Student> = BTreeMap::new();
        for (student, forms) in &self.students {
            let joined = forms.whole.iter().map(|form| form.concat());
            let long =
                joined.filter(|name| name.contains(char::is_alphabetic) && name.chars().count() >= SHORTEST_HIDDEN);
            names.extend(long.map(|name| (name, *student)));
        }
        let Some(most) = names.keys().map(String::len).max() else { return };
        for at in 0..self.words.len() {
            let mut run = String::new();
            for next in at..self.words.len() {
                let word = &self.words[next];
                run.push_str(word.disguised.as_ref().unwrap_or(&word.folded));
                if self.taken[next] || run.len() > most {
                    break;
                }
                let back: String = run.chars().rev().collect();
                if let Some(student) = names.get(&run).or_else(|| names.get(&back)) {
                    let said = student.name.full().to_owned();
                    self.found.push(Mention { said, students: vec![known(student)], at });
                    self.taken[at..=next].fill(true);
                    break;
                }
            }
        }
    }
}

/// Shorter names, run together, would be found inside ordinary words.
const SHORTEST_HIDDEN: usize = 6;

type Index<'a> = BTreeMap<String, Vec<(Vec<String>, &'a Student)>>;

fn index<'a>(students: &[(&'a Student, Forms)], of: fn(&Forms) -> &Vec<Vec<String>>) -> Index<'a> {
    let mut index: Index<'a> = BTreeMap::new();
    for (student, forms) in students {
        for form in of(forms) {
            index.entry(form[0].clone()).or_default().push((form.clone(), student));
        }
    }
    index
}

fn known(student: &Student) -> (StudentId, String) {
    (student.id.clone(), student.name.full().to_owned())
}

/// A name that is also an ordinary word counts with a capital, and at the
/// beginning of a sentence only where what follows is said of a person.
fn looks_like_a_name(words: &[Word], at: usize) -> bool {
    let word = &words[at];
    if !ordinary::is_word(&word.folded) && word.folded.chars().count() > 2 {
        return true;
    }
    let of_a_person = || words.get(at + 1).is_some_and(|next| ordinary::is_said_of_people(&next.folded));
    word.capital && (!word.begins || word.addressed || of_a_person())
}

#[cfg(test)]
mod tests;

//! Whether a recipient follows from the teacher's own words.
//!
//! Names, classes and standings are looked up in the school from what the
//! teacher typed, never from what a model or a tool said. "Them" means whom the
//! earlier words meant; the names in an earlier answer count too, as long as
//! nothing that a student wrote had been read by then. Words that are not
//! understood tie nobody: a tick more, never a mail more.

mod words;

use std::collections::BTreeSet;

use super::{Look, Tick, one_of};
use crate::{
    assistant::{conversation::StoredTurn, turn::Turn, untrusted},
    school::{ClassView, Mention, StudentId, folded},
};
use words::Said;

/// How far back "them" can reach, in turns.
const REACH: usize = 6;

/// The tick that is asked for when a recipient does not follow; none when it does.
pub(super) fn doubt(look: &Look<'_>, student: &StudentId) -> Option<Tick> {
    let meant = Meant::by(look, &look.turn.words);
    let name = look.scene.school.student(look.scene.teacher, student, look.scene.today())?.name;
    match meant.tie(look, student) {
        Tie::Tied => None,
        Tie::OneOf(said, names) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let words = format!("“{said}” can be {}. I mean {name}.", one_of(&names));
            Some(Tick::new("whom", student.as_str(), words))
        }
        Tie::Untied => {
            let words = format!("Your words did not ask for a mail to {name}. I want to write to {name}.");
            Some(Tick::new("whom", student.as_str(), words))
        }
    }
}

enum Tie {
    Tied,
    OneOf(String, Vec<String>),
    Untied,
}

/// Whom some words of the teacher mean.
struct Meant {
    said: Said,
    named: Vec<Mention>,
    group: BTreeSet<StudentId>,
    /// Who sits in the classes that the words name.
    seated: BTreeSet<StudentId>,
}

impl Meant {
    fn by(look: &Look<'_>, text: &str) -> Self {
        let said = Said::read(folded(text));
        let named = look.scene.school.named_in(look.scene.teacher, text);
        let classes = look.scene.school.classes(look.scene.teacher, look.scene.today());
        let meant: Vec<&ClassView> = classes.iter().filter(|class| said.names_class(class, &classes)).collect();
        let seated = meant.iter().flat_map(|class| &class.roster).map(|row| row.student.clone()).collect();
        let group = group(&classes, &meant, &said, named.is_empty());
        Self { said, named, group, seated }
    }

    fn tie(&self, look: &Look<'_>, student: &StudentId) -> Tie {
        let sure = |mention: &&Mention| mention.students.len() == 1 && mention.may_mean(student);
        let in_group = self.group.contains(student);
        if self.named.iter().any(|mention| sure(&mention)) || (in_group && self.said.asks_to_write()) {
            return Tie::Tied;
        }
        if let Some(mention) = self.named.iter().find(|mention| mention.may_mean(student)) {
            let others = mention.students.iter().filter(|(id, _)| id != student);
            // "Noor in 10B" is one of them only, if one alone sits there.
            if self.seated.contains(student) && !others.clone().any(|(id, _)| self.seated.contains(id)) {
                return Tie::Tied;
            }
            let names = mention.students.iter().map(|(_, name)| name.clone()).collect();
            return Tie::OneOf(mention.said.clone(), names);
        }
        let first_name = self.named.first().map(|mention| mention.at);
        let resolved = !self.named.is_empty() || !self.group.is_empty();
        if self.said.points_back(first_name, resolved) && earlier(look).contains(student) {
            return Tie::Tied;
        }
        Tie::Untied
    }

    fn everybody(&self) -> BTreeSet<StudentId> {
        let named = self.named.iter().flat_map(|mention| mention.students.iter().map(|(id, _)| id.clone()));
        named.chain(self.group.iter().cloned()).collect()
    }
}

/// Whom the latest earlier turn meant that meant anybody.
fn earlier(look: &Look<'_>) -> BTreeSet<StudentId> {
    let clean_until = look.past.iter().take_while(|stored| !has_read_students(&stored.turn)).count();
    let turns = look.past.iter().enumerate().rev().take(REACH);
    let meant = turns.map(|(at, stored)| {
        let mut everybody = Meant::by(look, &stored.turn.words).everybody();
        if at < clean_until {
            everybody.extend(answered(look, stored));
        }
        everybody
    });
    meant.into_iter().find(|everybody| !everybody.is_empty()).unwrap_or_default()
}

fn has_read_students(turn: &Turn) -> bool {
    turn.calls().filter_map(super::said).any(|result| untrusted::is_in(&result))
}

/// Whom an answer names, each without doubt.
fn answered(look: &Look<'_>, stored: &StoredTurn) -> Vec<StudentId> {
    let text = stored.turn.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join("\n");
    let sure = look.scene.school.named_in(look.scene.teacher, &text).into_iter().filter(|m| m.students.len() == 1);
    sure.flat_map(|mention| mention.students).map(|(id, _)| id).collect()
}

/// Those whom a class, a standing or a number in the words describes.
fn group(all: &[ClassView], meant: &[&ClassView], said: &Said, nobody_named: bool) -> BTreeSet<StudentId> {
    let applies = said.is_of_many() || (nobody_named && !meant.is_empty());
    if !applies || (meant.is_empty() && !said.has_criterion() && !said.means_all()) {
        return BTreeSet::new();
    }
    let current = meant.is_empty() || meant.iter().any(|class| class.is_current);
    let within = |class: &&ClassView| meant.is_empty() || meant.iter().any(|other| other.id == class.id);
    let scope = all.iter().filter(|class| class.is_current == current).filter(within);
    let rows = scope.flat_map(|class| &class.roster).filter(|row| said.fits(&row.outlook));
    rows.map(|row| row.student.clone()).collect()
}

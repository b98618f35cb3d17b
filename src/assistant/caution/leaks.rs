//! What a draft carries of a student to whom it does not go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Look, Tick, blocks, figures, one_of};
use crate::school::{PASS_MARK, StudentId, StudentView, folded};

/// So many words in a row, the same as in a student's own text, are no chance.
const SAME_WORDS: usize = 5;

/// What was read of one student.
#[derive(Debug, Default)]
struct Record {
    figures: BTreeSet<i32>,
    texts: Vec<Vec<String>>,
}

/// Why a tick is asked for, about one student or one of several.
#[derive(Debug, Default)]
struct Doubt {
    named: Option<String>,
    figures: BTreeSet<i32>,
    quoted: bool,
}

type Doubts = BTreeMap<Vec<(StudentId, String)>, Doubt>;

/// One tick for each student whose data the draft may carry.
pub(super) fn doubts(look: &Look<'_>) -> Vec<Tick> {
    let mut text = look.text();
    let hidden = blocks::decoded(&text);
    text.push('\n');
    text.push_str(&hidden);
    let mut doubts = Doubts::new();
    named(look, &text, &mut doubts);
    read_from_records(look, &text, &mut doubts);
    let to = recipients(look);
    doubts.into_iter().map(|(whom, doubt)| doubt.tick(&whom, &to)).collect()
}

fn recipients(look: &Look<'_>) -> String {
    let names: Vec<String> = look.recipients.iter().filter_map(|id| student(look, id)).map(|view| view.name).collect();
    names.join(", ")
}

fn student(look: &Look<'_>, id: &StudentId) -> Option<StudentView> {
    look.scene.school.student(look.scene.teacher, id, look.scene.today())
}

fn named(look: &Look<'_>, text: &str, doubts: &mut Doubts) {
    for mention in look.scene.school.named_in(look.scene.teacher, text) {
        if !look.recipients.iter().any(|recipient| mention.may_mean(recipient)) {
            doubts.entry(mention.students).or_default().named.get_or_insert(mention.said);
        }
    }
}

fn read_from_records(look: &Look<'_>, text: &str, doubts: &mut Doubts) {
    let mut records: BTreeMap<StudentId, Record> = BTreeMap::new();
    look.read().for_each(|result| collect(&result, None, &mut records));
    records.retain(|id, _| !look.recipients.contains(id));
    let own: BTreeSet<i32> =
        look.recipients.iter().filter_map(|id| student(look, id)).flat_map(|v| numbers(&v)).collect();
    for figure in figures::in_text(text).difference(&own).filter(|figure| !is_common(**figure)) {
        let holders = records.iter().filter(|(_, record)| record.figures.contains(figure));
        let holders: Vec<_> = holders.filter_map(|(id, _)| Some((id.clone(), student(look, id)?.name))).collect();
        // Where one of them is named, it is theirs.
        let one = holders.iter().find(|holder| doubts.keys().any(|whom| whom.as_slice() == [(*holder).clone()]));
        let whom = one.map_or_else(|| holders.clone(), |one| vec![one.clone()]);
        if !whom.is_empty() {
            doubts.entry(whom).or_default().figures.insert(*figure);
        }
    }
    let words = folded(text);
    for (id, _) in records.iter().filter(|(_, record)| record.is_quoted_in(&words)) {
        if let Some(view) = student(look, id) {
            doubts.entry(vec![(id.clone(), view.name)]).or_default().quoted = true;
        }
    }
}

/// The ends of the scale and the pass mark are nobody's.
fn is_common(figure: i32) -> bool {
    [0, 1000].contains(&figure) || figures::exactly(&PASS_MARK.to_string()) == Some(figure)
}

/// Every number that a recipient's own record holds.
fn numbers(student: &StudentView) -> Vec<i32> {
    let text = |number: &dyn ToString| number.to_string();
    let of_place = |place: &crate::school::EnrolmentView| {
        let outlook = &place.outlook;
        let mut all: Vec<String> = place.evaluations.iter().flatten().map(|grade| text(grade)).collect();
        all.push(text(&outlook.points));
        all.extend(outlook.average.iter().map(|n| text(n)));
        all.extend(outlook.average_if_rest_zero.iter().map(|n| text(n)));
        all.extend(outlook.needed.iter().map(|n| text(n)));
        all.extend(outlook.best_possible.iter().map(|n| text(n)));
        all.extend(outlook.trend.iter().map(|n| text(n)));
        all
    };
    student.enrolments.iter().flat_map(of_place).filter_map(|text| figures::exactly(&text)).collect()
}

/// Whatever stands below a `student_id` was read of that student.
fn collect(value: &Value, of: Option<&StudentId>, records: &mut BTreeMap<StudentId, Record>) {
    match value {
        Value::Object(fields) => {
            let own = fields.get("student_id").and_then(Value::as_str).and_then(|id| StudentId::parse(id).ok());
            fields.values().for_each(|field| collect(field, own.as_ref().or(of), records));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, of, records)),
        Value::String(text) => {
            let Some(id) = of else { return };
            let record = records.entry(id.clone()).or_default();
            record.figures.extend(figures::exactly(text));
            let words = folded(text);
            if words.len() >= SAME_WORDS {
                record.texts.push(words);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Record {
    fn is_quoted_in(&self, words: &[String]) -> bool {
        let runs: BTreeSet<&[String]> = words.windows(SAME_WORDS).collect();
        self.texts.iter().flat_map(|text| text.windows(SAME_WORDS)).any(|run| runs.contains(run))
    }
}

impl Doubt {
    fn tick(&self, whom: &[(StudentId, String)], to: &str) -> Tick {
        let names: Vec<&str> = whom.iter().map(|(_, name)| name.as_str()).collect();
        let who = one_of(&names);
        let mut said = Vec::new();
        match &self.named {
            Some(word) if whom.len() > 1 => said.push(format!("It says “{word}”, which can be {who}")),
            Some(_) => said.push(format!("It names {who}")),
            None => {}
        }
        if !self.figures.is_empty() {
            let figures: Vec<String> = self.figures.iter().map(|n| format!("{}.{:02}", n / 100, n % 100)).collect();
            said.push(format!("it says {}, read from the record of {who}", figures.join(" and ")));
        }
        if self.quoted {
            said.push(format!("it repeats words that {who} wrote"));
        }
        let mut words = said.join(", and ");
        if let Some(first) = words.get(..1).map(str::to_uppercase) {
            words.replace_range(..1, &first);
        }
        let ids: Vec<&str> = whom.iter().take(4).map(|(id, _)| id.as_str()).collect();
        let to = if to.is_empty() { String::new() } else { format!(" and goes to {to}") };
        Tick::new("other", &ids.join("."), format!("{words}{to}. Send it anyway."))
    }
}

//! Mails: who is meant, what is known about them, and one draft for each.
//!
//! A mail is only ever asked for by the application's tool, and what became
//! of it is told from that tool's results alone.

use serde_json::json;

use super::facts::{ClassLine, Receipt, Row, Rows, Student};
use super::intent::{self, Intent};
use super::letter::{self, Occasion};
use super::lookup::{self, Roster, which};
use super::names;
use super::order::{self, Group, Order};
use super::overview::{doing_well, in_need};
use super::phrases::{OTHERS, PRONOUNS, YES};
use super::receipts;
use super::scene::{Question, Scene, Step, Turn, questions};
use super::table::listed;

/// A teacher reads each draft; more at once would be signed unread.
const AT_ONCE: usize = 8;

/// Those a mail goes to.
struct Recipients {
    ids: Vec<String>,
    /// The class that it is about, when one is named.
    class: Option<ClassLine>,
    /// Those for whom there is no room in this round.
    later: Vec<String>,
}

/// Drafts a mail for everyone the words name.
pub fn write(scene: &Scene<'_>) -> Result<String, Step> {
    let words = &scene.present.words;
    let order = Order::read(words, &[]);
    if order::address(words).iter().any(|token| OTHERS.contains(&token.folded.as_str())) {
        return Ok(super::small::students_only());
    }
    let forecast = matches!(order.group, Some(Group::InNeed | Group::Best)).then(|| questions::forecast(None));
    let roster = lookup::roster(scene, forecast.as_slice())?;
    let recipients = recipients(scene, &roster, &order)?;
    let students = look_up(scene, &recipients.ids)?;
    let names: Vec<String> = students.iter().flat_map(|student| names::parts(student.name())).collect();
    draft(scene, &Order::read(words, &names), &students, &recipients)
}

/// Drafts the last mails again, in the way now asked for.
pub fn redraft(scene: &Scene<'_>) -> Result<String, Step> {
    let Some(last) = scene.past.iter().rposition(|turn| turn.mails().next().is_some()) else {
        return Ok("There is no draft in this conversation that I could change. Tell me whom to write to.".into());
    };
    let Some(turn) = scene.past.get(last) else { return Ok(super::small::help()) };
    let ids = open_drafts(turn);
    if ids.is_empty() {
        return Ok(
            "That mail was already sent, so I cannot change it. Ask me to write again if a second mail would help."
                .into(),
        );
    }
    let students = look_up(scene, &ids)?;
    let names: Vec<String> = students.iter().flat_map(|student| names::parts(student.name())).collect();
    let order = changed_order(scene, last, &names);
    draft(scene, &order, &students, &Recipients { ids, class: None, later: Vec::new() })
}

/// The students of a turn's mails, without those that were sent.
fn open_drafts(turn: &Turn<'_>) -> Vec<String> {
    let is_open = |result: &serde_json::Value| {
        let receipt: Receipt = serde_json::from_value(result.clone()).unwrap_or_default();
        receipt.status.as_deref() != Some("sent")
    };
    let open = turn.mails().filter(|mail| is_open(&mail.result));
    open.filter_map(|mail| Some(mail.arguments.get("student_id")?.as_str()?.to_owned())).collect()
}

/// The first order with every later wish applied, up to the present one.
fn changed_order(scene: &Scene<'_>, last: usize, names: &[String]) -> Order {
    let turns = scene.past.get(..=last).unwrap_or_default();
    let is_order = |at: &usize| {
        let before = turns.get(..*at).unwrap_or_default();
        turns.get(*at).is_some_and(|turn| intent::read(&turn.words, before) == Intent::Write)
    };
    let first = (0..turns.len()).rev().find(is_order).unwrap_or(last);
    let mut order = turns.get(first).map(|turn| Order::read(&turn.words, names)).unwrap_or_default();
    let later = turns.iter().skip(first + 1).filter(|turn| turn.mails().next().is_some()).map(|turn| &turn.words);
    for words in later.chain([&scene.present.words]) {
        order.change(words);
        order.details.extend(super::details::read(words, names));
    }
    order
}

fn recipients(scene: &Scene<'_>, roster: &Roster, order: &Order) -> Result<Recipients, Step> {
    let words = &scene.present.words;
    let class = roster.classes_in(words).into_iter().next();
    let head = order::address(words);
    let named = roster.students_among(head, class.as_ref())?;
    let strangers = names::strangers(order::recipients(words), &roster.students, &roster.classes);
    let lone = named.is_empty() && order.group.is_none();
    let strangers: Vec<String> =
        strangers.into_iter().filter(|word| lone || word.starts_with(char::is_uppercase)).collect();
    if !strangers.is_empty() {
        return Err(Step::Say(format!("{} I have not drafted anything yet.", roster.nobody(&strangers))));
    }
    let found: Vec<(String, String)> = match (named.is_empty(), order.group) {
        (false, _) => named.into_iter().map(pair).collect(),
        (true, Some(Group::InNeed)) => group(scene, class.as_ref(), in_need)?,
        (true, Some(Group::Best)) => {
            group(scene, class.as_ref(), |rows| doing_well(rows).into_iter().take(5).collect())?
        }
        (true, Some(Group::All)) => whole_class(roster, class.as_ref())?,
        (true, None) => referred(scene, roster, order)?,
    };
    if found.is_empty() {
        return Err(Step::Say("I found nobody to write to: in what is graded so far, nobody fits.".into()));
    }
    let later = found.iter().skip(AT_ONCE).map(|(_, name)| name.clone()).collect();
    Ok(Recipients { ids: found.into_iter().take(AT_ONCE).map(|(id, _)| id).collect(), class, later })
}

fn pair(student: &Student) -> (String, String) {
    (student.id().to_owned(), student.name().to_owned())
}

fn group(
    scene: &Scene<'_>,
    class: Option<&ClassLine>,
    pick: fn(&[Row]) -> Vec<Row>,
) -> Result<Vec<(String, String)>, Step> {
    let rows: Rows = scene.ask(&questions::forecast(None))?;
    let current: Vec<_> = lookup::current_classes(scene)?.into_iter().map(|class| class.class_id).collect();
    let fits =
        |row: &Row| class.map_or_else(|| current.contains(&row.class_id), |class| class.class_id == row.class_id);
    let rows: Vec<Row> = rows.rows().into_iter().filter(fits).collect();
    let mut found: Vec<(String, String)> = Vec::new();
    for row in pick(&rows) {
        let name = row.name().to_owned();
        if let Some(id) = row.student_id.filter(|id| !found.iter().any(|(other, _)| other == id)) {
            found.push((id, name));
        }
    }
    Ok(found)
}

fn whole_class(roster: &Roster, class: Option<&ClassLine>) -> Result<Vec<(String, String)>, Step> {
    let Some(class) = class else {
        let words =
            "That would be every student you teach. Please name a class, or say “write to all students at risk”.";
        return Err(Step::Say(words.into()));
    };
    let inside = |student: &&Student| student.classes.iter().any(|row| row.class_id == class.class_id);
    Ok(roster.students.iter().filter(inside).map(pair).collect())
}

fn referred(scene: &Scene<'_>, roster: &Roster, order: &Order) -> Result<Vec<(String, String)>, Step> {
    let words = &scene.present.words;
    let offered = roster.offered(&scene.past);
    if words.has(YES) && !words.has(PRONOUNS) && !offered.is_empty() {
        return Ok(offered.into_iter().map(pair).collect());
    }
    let focus = roster.focus(&scene.past, order.praise);
    let one = words.has(&["him", "her", "he", "she"]) && !words.has(&["them", "they", "both", "all"]);
    if one && focus.len() > 1 {
        return Err(Step::Say(which(&focus)));
    }
    if focus.is_empty() {
        let ask = "Whom shall I write to? Name one or more students, or say “write to all students at risk”.";
        return Err(Step::Say(ask.into()));
    }
    Ok(focus.into_iter().map(pair).collect())
}

fn look_up(scene: &Scene<'_>, ids: &[String]) -> Result<Vec<Student>, Step> {
    let asked: Vec<Question> = ids.iter().map(|id| questions::student(id)).collect();
    scene.ask_all(&asked)
}

fn draft(scene: &Scene<'_>, order: &Order, students: &[Student], to: &Recipients) -> Result<String, Step> {
    let class = to.class.as_ref().and_then(|class| class.class_id.as_deref());
    let mails: Vec<Question> = to
        .ids
        .iter()
        .zip(students)
        .enumerate()
        .map(|(nth, (id, student))| {
            let occasion = Occasion { student, class, teacher: scene.teacher.as_deref(), version: nth + order.version };
            let letter = letter::compose(&occasion, order);
            questions::mail(json!({ "student_id": id, "subject": letter.subject, "body": letter.body }))
        })
        .collect();
    scene.have(&mails)?;
    let mut told = receipts::tell(&scene.present, students);
    if !to.later.is_empty() {
        told.push_str("\n\nSo that you can read each one, I draft only some at a time. Still without a mail: ");
        told.push_str(&listed(&to.later));
        told.push('.');
    }
    Ok(told)
}

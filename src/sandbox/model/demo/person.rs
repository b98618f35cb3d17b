//! Answers about one class or some students, by name.

use std::cmp::Ordering;

use super::facts::{ClassLine, Row, Rows, Standing, Student};
use super::lookup::{self, Roster};
use super::names;
use super::overview::{aim_higher, in_need, offer, overview};
use super::phrases::{OFFER, PRONOUNS};
use super::scene::{Question, Scene, Step, questions};
use super::small;
use super::table::{self, Column, listed, number};
use super::words::Words;

/// More than this many at once is a list, not an answer about persons.
const SHOWN: usize = 6;

/// What there is about whoever or whatever the words name.
pub fn about(scene: &Scene<'_>) -> Result<String, Step> {
    let words = &scene.present.words;
    let roster = lookup::roster(scene, &[])?;
    let classes = roster.classes_in(words);
    let named = roster.students_in(words, classes.first())?;
    if !named.is_empty() || (classes.is_empty() && words.has(PRONOUNS)) {
        return students(scene, &roster);
    }
    if !classes.is_empty() {
        return class_views(scene, &classes);
    }
    match unknown(&roster, words) {
        Some(sorry) => Ok(sorry),
        None if words.has(&["students", "everyone", "everybody", "semester", "classes"]) => overview(scene),
        None => Ok(small::help()),
    }
}

/// The students that the words name or refer to, each with their classes.
pub fn students(scene: &Scene<'_>, roster: &Roster) -> Result<String, Step> {
    let words = &scene.present.words;
    let classes = roster.classes_in(words);
    let mut named = roster.students_in(words, classes.first())?;
    if named.is_empty() {
        named = roster.focus(&scene.past, false);
    }
    if named.is_empty() {
        return Ok("Whom do you mean? Please ask again with a name.".into());
    }
    let questions: Vec<Question> = named.iter().take(SHOWN).map(|student| questions::student(student.id())).collect();
    let students: Vec<Student> = scene.ask_all(&questions)?;
    let mut parts: Vec<String> = students.iter().map(|student| student_view(student, &classes)).collect();
    let strangers = names::strangers(&words.tokens, &roster.students, &roster.classes);
    let strangers: Vec<String> = strangers.into_iter().filter(|word| word.starts_with(char::is_uppercase)).collect();
    if !strangers.is_empty() {
        parts.push(roster.nobody(&strangers));
    }
    Ok(parts.join("\n\n"))
}

/// Says that a name in the words is unknown, when one of the words looks like a name.
pub fn unknown(roster: &Roster, words: &Words) -> Option<String> {
    let strangers = names::strangers(&words.tokens, &roster.students, &roster.classes);
    let capital = |word: &&String| words.tokens.iter().any(|token| token.raw == **word && token.is_capital());
    let capitals: Vec<String> = strangers.iter().filter(capital).cloned().collect();
    let asks = words.has(&["how is", "hows", "how are", "show me", "about", "is", "does", "will", "can", "in", "with"])
        || strangers.len() == words.tokens.len();
    let typed = words.has(&["students", "everyone", "everybody", "semester"])
        && names::near(&strangers, &roster.students).is_empty();
    match (capitals.is_empty(), strangers.len()) {
        (false, _) => Some(roster.nobody(&capitals)),
        (true, 1..=3) if asks && !typed => Some(roster.nobody(&strangers)),
        _ => None,
    }
}

fn student_view(student: &Student, classes: &[ClassLine]) -> String {
    let asked = |row: &&Row| classes.iter().any(|class| class.class_id == row.class_id);
    let of_class: Vec<Row> = student.classes.iter().filter(asked).cloned().collect();
    let rows: Vec<Row> = if of_class.is_empty() { student.current().into_iter().cloned().collect() } else { of_class };
    let mut parts = vec![format!("**{}**", student.name())];
    let columns = [Column::Class, Column::Evaluations, Column::Average, Column::Needs, Column::Best, Column::Standing];
    if !rows.is_empty() {
        parts.push(table::students(&rows, &columns));
    }
    parts.extend(rows.iter().map(|row| format!("{}{}", reading(student.first_name(), row), trend(row))));
    let earlier: Vec<String> =
        student.classes.iter().filter(|row| !row.is_current()).filter_map(earlier_line).collect();
    if classes.is_empty() && !earlier.is_empty() {
        parts.push(format!("Earlier: {}.", earlier.join("; ")));
    }
    let name = student.name();
    parts.push(if rows.iter().any(|row| row.standing().in_need()) {
        format!("{OFFER}{name}? Say “yes”, or “Write to {name}, warmly”, and add what you can offer.")
    } else {
        format!("If you like, say “Congratulate {name}”, and I will draft a mail for you to check.")
    });
    parts.join("\n\n")
}

fn reading(name: &str, row: &Row) -> String {
    let class = row.class();
    let needed = number(row.needed.as_ref());
    match row.standing() {
        Standing::AtRisk => format!(
            "In {class}, {name} needs {needed} on what remains to pass.{}",
            row.best_possible
                .as_ref()
                .map(|best| format!(" The best average still possible is {best}."))
                .unwrap_or_default()
        ),
        Standing::OutOfReach => format!(
            "In {class}, passing is out of reach on what remains: it would take {needed}{}. A talk about the next steps will help more than a target.",
            row.best_possible
                .as_ref()
                .map(|best| format!(", and the best average still possible is {best}"))
                .unwrap_or_default()
        ),
        Standing::OnTrack => format!("In {class}, {name} is on track: {needed} on what remains is enough to pass."),
        Standing::Secured => format!("In {class}, {name} has secured the pass."),
        Standing::Passed => {
            format!("{name} passed {class} with an average of {}.", number(row.average_so_far.as_ref()))
        }
        Standing::Failed => format!(
            "In {class} all evaluations are in, and the average of {} is below the pass mark.",
            number(row.average_so_far.as_ref())
        ),
        Standing::NoData => format!("In {class} nothing is graded yet."),
        Standing::Unknown => format!("In {class} I cannot tell the standing."),
    }
}

fn trend(row: &Row) -> String {
    match row.movement() {
        Some((first, last, Ordering::Less)) => format!(" The grades are rising, from {first} to {last}."),
        Some((first, last, Ordering::Greater)) => format!(" The grades are falling, from {first} to {last}."),
        Some((_, _, Ordering::Equal)) | None => String::new(),
    }
}

fn earlier_line(row: &Row) -> Option<String> {
    let average = row.average_so_far.as_ref()?;
    let term = row.term.as_ref().map(|term| format!(" ({term})")).unwrap_or_default();
    Some(format!("{}{term}, {average}, {}", row.class(), row.standing().words()))
}

fn class_views(scene: &Scene<'_>, classes: &[ClassLine]) -> Result<String, Step> {
    let shown: Vec<&ClassLine> = classes.iter().filter(|class| class.class_id.is_some()).take(3).collect();
    let questions: Vec<Question> =
        shown.iter().filter_map(|class| class.class_id.as_deref()).map(questions::class).collect();
    let answers: Vec<Rows> = scene.ask_all(&questions)?;
    Ok(shown.iter().zip(answers).map(|(class, rows)| class_view(class, &rows.rows())).collect::<Vec<_>>().join("\n\n"))
}

fn class_view(class: &ClassLine, rows: &[Row]) -> String {
    let with = |label: &str, value: Option<&String>| value.map(|value| format!("{label} {value}"));
    let facts = [
        class.term.clone(),
        with("students:", class.size.as_ref()),
        with("evaluations graded:", class.evaluations_graded.as_ref()),
        with("average:", class.average.as_ref()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let columns = [Column::Student, Column::Evaluations, Column::Average, Column::Needs, Column::Standing];
    let mut parts = vec![format!("**{}** · {}", class.title(), facts.join(" · ")), table::students(rows, &columns)];
    let need = in_need(rows);
    if !need.is_empty() {
        let names: Vec<&str> = need.iter().map(Row::name).collect();
        parts.push(format!("**Needs attention:** {}.", listed(&names)));
    }
    parts.extend(aim_higher(rows));
    parts.push(offer(&need));
    parts.join("\n\n")
}

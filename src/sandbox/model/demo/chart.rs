//! Charts: the application draws them, and tells the model their numbers.

use serde::Deserialize;
use serde_json::json;

use super::facts::ClassLine;
use super::lookup::{self, Roster};
use super::person::unknown;
use super::scene::{Question, Scene, Step};
use super::words::Words;

/// Charts are for looking at: more than this many at once nobody does.
const SHOWN: usize = 3;

/// What `show_chart` tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    title: Option<String>,
    at_a_glance: Option<String>,
}

/// A chart of whoever or whatever the words name.
pub fn chart(scene: &Scene<'_>) -> Result<String, Step> {
    let words = &scene.present.words;
    let roster = lookup::roster(scene, &[])?;
    let questions = match questions(words, &roster)? {
        questions if questions.is_empty() => match unknown(&roster, words) {
            Some(sorry) => return Ok(sorry),
            None => vec![ask(kind(words, "averages"), None, None)],
        },
        questions => questions,
    };
    let shown: Vec<Shown> = scene.ask_all(&questions)?;
    let lines: Vec<String> = shown.iter().map(line).collect();
    Ok(format!("{}\n\nThe numbers stand below each chart as a table, too.", lines.join("\n")))
}

fn line(shown: &Shown) -> String {
    let title = shown.title.as_deref().unwrap_or("A chart");
    let glance = shown.at_a_glance.as_ref().map(|glance| format!(": {glance}")).unwrap_or_default();
    format!("- **{title}**{glance}.")
}

fn questions(words: &Words, roster: &Roster) -> Result<Vec<Question>, Step> {
    let classes = roster.classes_in(words);
    let students = roster.students_in(words, classes.first())?;
    if !students.is_empty() {
        let one = |student: &&super::facts::Student| ask(kind(words, "trend"), None, Some(student.id()));
        return Ok(students.iter().take(SHOWN).map(one).collect());
    }
    let id = |class: &ClassLine| class.class_id.clone();
    let one = |id: String| ask(kind(words, "distribution"), Some(&id), None);
    Ok(classes.iter().filter_map(id).take(SHOWN).map(one).collect())
}

fn ask(kind: &str, class: Option<&str>, student: Option<&str>) -> Question {
    // One student has no distribution.
    let kind = if student.is_some() && kind == "distribution" { "averages" } else { kind };
    ("show_chart", json!({ "kind": kind, "class_id": class, "student_id": student }))
}

fn kind(words: &Words, otherwise: &'static str) -> &'static str {
    if words.has(&["trend", "trends", "over time", "develop*", "evaluation by evaluation"]) {
        "trend"
    } else if words.has(&["average", "averages", "bar", "bars"]) {
        "averages"
    } else if words.has(&["distribution", "histogram", "spread"]) {
        "distribution"
    } else {
        otherwise
    }
}

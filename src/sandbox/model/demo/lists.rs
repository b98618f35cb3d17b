//! Answers about who passes, who is at risk and who does best.

use super::facts::{ClassLine, Row, Standing, rank};
use super::intent::Intent;
use super::lookup::{self, Forecast};
use super::overview::{aim_higher, doing_well, in_need, needing_attention, offer};
use super::person;
use super::phrases::PRONOUNS;
use super::scene::{Scene, Step};
use super::table::{self, Column, listed};
use super::words::Words;

/// How many of the best are shown.
const BEST: usize = 5;

/// A list of students by their forecast; a student or a class named in the words narrows it.
pub fn list(scene: &Scene<'_>, intent: Intent) -> Result<String, Step> {
    let words = &scene.present.words;
    if words.all_known() && !words.has(PRONOUNS) {
        let classes = lookup::current_classes(scene)?;
        let forecast = lookup::forecast(scene, &classes, true)?;
        return Ok(tell(intent, words, &classes, &forecast));
    }
    let roster = lookup::roster(scene, &[])?;
    let classes = roster.classes_in(words);
    let students = roster.students_in(words, classes.first())?;
    if !students.is_empty() || words.has(PRONOUNS) {
        return person::students(scene, &roster);
    }
    if classes.is_empty() {
        return Ok(person::unknown(&roster, words).unwrap_or_else(super::small::help));
    }
    let forecast = lookup::forecast(scene, &classes, false)?;
    Ok(tell(intent, words, &classes, &forecast))
}

fn tell(intent: Intent, words: &Words, classes: &[ClassLine], forecast: &Forecast) -> String {
    match (threshold(words), intent) {
        (Some(limit), Intent::Needs | Intent::AtRisk) => above(limit, forecast),
        (_, Intent::Best) => best(words, forecast),
        (_, Intent::Pass) => passing(classes, forecast),
        _ => at_risk(classes, forecast),
    }
}

fn at_risk(classes: &[ClassLine], forecast: &Forecast) -> String {
    let need = in_need(&forecast.rows);
    if need.is_empty() {
        let titles: Vec<&str> = classes.iter().map(ClassLine::title).collect();
        return format!("In {} nobody is at risk in what is graded so far.", listed(&titles));
    }
    let parts = [needing_attention(&need, forecast.pass_mark.as_ref()), offer(&need)];
    parts.join("\n\n")
}

fn passing(classes: &[ClassLine], forecast: &Forecast) -> String {
    let mut parts = Vec::new();
    let need = in_need(&forecast.rows);
    for class in classes {
        let named = |wanted: fn(Standing) -> bool| -> Vec<&str> {
            let rows = forecast.rows.iter().filter(|row| row.class_id == class.class_id);
            rows.filter(|row| wanted(row.standing())).map(Row::name).collect()
        };
        let (well, waiting) = (named(Standing::well), named(|standing| standing == Standing::NoData));
        if !well.is_empty() {
            parts.push(format!("**Likely to pass {}:** {}.", class.title(), listed(&well)));
        }
        if !waiting.is_empty() {
            parts.push(format!("**Not graded yet in {}:** {}.", class.title(), listed(&waiting)));
        }
    }
    if need.is_empty() {
        parts.push("Nobody is at risk in what is graded so far.".into());
    } else {
        parts.push(needing_attention(&need, forecast.pass_mark.as_ref()));
        parts.push(offer(&need));
    }
    parts.join("\n\n")
}

fn best(words: &Words, forecast: &Forecast) -> String {
    let mut best = doing_well(&forecast.rows);
    best.truncate(top(words).unwrap_or(BEST));
    let Some(first) = best.first() else {
        return "There are no grades yet from which I could tell who does best.".into();
    };
    let columns = [Column::Student, Column::Class, Column::Average, Column::Standing];
    format!(
        "These students have the best averages so far.\n\n{}\n\nThey could aim higher: a harder task, or a role in helping others. \
         Say “Congratulate {}”, and I will draft a mail for you to check.",
        table::students(&best, &columns),
        first.name()
    )
}

fn above(limit: &str, forecast: &Forecast) -> String {
    let limit_rank = rank(Some(&limit.to_owned()));
    let mut rows = in_need(&forecast.rows);
    rows.extend(forecast.rows.iter().filter(|row| row.standing().well()).cloned());
    rows.retain(|row| row.needed.is_some() && rank(row.needed.as_ref()) >= limit_rank);
    if rows.is_empty() {
        let higher = aim_higher(&forecast.rows).unwrap_or_default();
        return format!("Nobody needs {limit} or more on what remains.\n\n{higher}");
    }
    let columns = [Column::Student, Column::Class, Column::Evaluations, Column::Needs, Column::Standing];
    format!(
        "These students need {limit} or more on what remains.\n\n{}\n\n{}",
        table::students(&rows, &columns),
        offer(&rows)
    )
}

/// The number in "top 3".
fn top(words: &Words) -> Option<usize> {
    let at = words.find(&["top", "best"])?;
    words.folded(at + 1).parse().ok().filter(|number| *number > 0)
}

/// The number in "who needs 9 or more".
fn threshold(words: &Words) -> Option<&str> {
    let at = words.find(&["need", "needs"])?;
    let number = words.tokens.get(at + 1..at + 4)?.iter().find(|token| token.folded.parse::<f64>().is_ok())?;
    Some(&number.raw)
}

//! The teacher's calendar: what is there, and a meeting with a student.
//!
//! Days are reckoned from the day that the instructions tell; times are the
//! teacher's own words. What is there and what was made is told from the
//! tool's results alone.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::facts::Student;
use super::lookup;
use super::names;
use super::scene::{Question, Scene, Step, trouble};
use super::words::Words;

/// What the calendar tool answers.
#[derive(Debug, Deserialize)]
struct Events {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    day: String,
    #[serde(default)]
    starts: Option<String>,
    #[serde(default)]
    ends: Option<String>,
    #[serde(default)]
    title: Value,
}

impl Event {
    /// The title without the marks that set apart what others wrote.
    fn title(&self) -> &str {
        let marked = self.title.get("text").and_then(Value::as_str);
        let bare =
            marked.and_then(|text| text.strip_prefix('⟦')?.strip_suffix('⟧')?.split_once(' ')?.1.rsplit_once(' '));
        bare.map(|(title, _)| title).or(marked).or(self.title.as_str()).unwrap_or("(no title)")
    }
}

/// Days that the words name, as a first day and a number of days.
fn span(words: &Words, today: Date) -> (Date, i64, &'static str) {
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    if words.has(&["next week"]) {
        return (monday.saturating_add(7.days()), 7, "next week");
    }
    if words.has(&["tomorrow"]) {
        return (today.saturating_add(1.day()), 1, "tomorrow");
    }
    if let Some(day) = weekday(words) {
        return (coming(day, today), 1, "that day");
    }
    if words.has(&["today"]) {
        return (today, 1, "today");
    }
    (monday, 7, "this week")
}

/// Tells what is on the calendar.
pub fn agenda(scene: &Scene<'_>) -> Result<String, Step> {
    let Some(today) = scene.today else { return Ok(no_day()) };
    let (from, days, when) = span(&scene.present.words, today);
    let question: Question = ("list_events", json!({ "from": from.to_string(), "days": days }));
    let found: Events = scene.ask(&question)?;
    if found.events.is_empty() {
        return Ok(format!("Your calendar has nothing {when}."));
    }
    let mut lines = vec![format!("This is on your calendar {when}:")];
    let mut day = "";
    for event in &found.events {
        if event.day != day {
            day = &event.day;
            lines.push(format!("\n**{day}**\n"));
        }
        lines.push(match (&event.starts, &event.ends) {
            (Some(starts), Some(ends)) => format!("- {starts}–{ends}: {}", event.title()),
            _ => format!("- {}", event.title()),
        });
    }
    Ok(lines.join("\n"))
}

/// Drafts a meeting with the student that the words name.
pub fn meeting(scene: &Scene<'_>) -> Result<String, Step> {
    let Some(today) = scene.today else { return Ok(no_day()) };
    let words = &scene.present.words;
    let roster = lookup::roster(scene, &[])?;
    let named = roster.students_in(words, None)?;
    let focus;
    let student: &Student = match named.as_slice() {
        [one] => one,
        [] => {
            let strangers = names::strangers(&words.tokens, &roster.students, &roster.classes);
            if !strangers.is_empty() {
                return Ok(format!("{} I have not planned anything.", roster.nobody(&strangers)));
            }
            focus = roster.focus(&scene.past, false);
            match focus.as_slice() {
                [one] => one,
                _ => return Ok("With whom? Name one student, a day and a time.".into()),
            }
        }
        _ => return Ok("I plan a meeting with one student at a time. With whom shall I begin?".into()),
    };
    let Some(date) = date(words, today) else {
        return Ok(format!("On which day shall I plan the meeting with {}, and at what time?", student.name()));
    };
    let Some(time) = time(&words.text) else {
        return Ok(format!("At what time shall I plan the meeting with {}?", student.name()));
    };
    let call = json!({
        "student_id": student.id(),
        "title": format!("Meeting with {}", student.name()),
        "starts": format!("{date}T{time}"),
        "minutes": null,
    });
    let question: Question = (super::scene::SCHEDULE, call);
    scene.have(std::slice::from_ref(&question))?;
    Ok(outcome(student.name(), scene.present.answer_to(&question).unwrap_or(&Value::Null)))
}

fn outcome(name: &str, result: &Value) -> String {
    let text = |field: &str| result.get(field).and_then(Value::as_str);
    match text("status") {
        Some("scheduled") => {
            let when = text("starts").map(|starts| format!(", {starts}")).unwrap_or_default();
            format!("The meeting with {name} is in your calendar{when}, and the invitation is out.")
        }
        Some("discarded") => format!("You discarded the meeting with {name}, so nobody was invited."),
        Some("not_decided") => {
            format!("The meeting with {name} still waits for your decision, so nobody was invited yet.")
        }
        Some("failed") => {
            let reason = text("reason").unwrap_or("the application gave no reason");
            format!("The meeting with {name} was not made: {}.", reason.trim_end_matches('.'))
        }
        Some(other) => format!("About the meeting with {name} the application says “{other}”; look in your calendar."),
        None => {
            let trouble = trouble(result).unwrap_or_else(|| "nothing that I can read".into());
            format!("The meeting with {name} did not come about: the application answered “{trouble}”.")
        }
    }
}

fn no_day() -> String {
    "I cannot tell which day it is, so I would rather not look at a calendar.".into()
}

fn weekday(words: &Words) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    DAYS.into_iter().find(|(name, _)| words.has(&[name])).map(|(_, day)| day)
}

/// The next such day, never today.
fn coming(day: Weekday, today: Date) -> Date {
    let ahead =
        (i64::from(day.to_monday_zero_offset()) - i64::from(today.weekday().to_monday_zero_offset())).rem_euclid(7);
    today.saturating_add((if ahead == 0 { 7 } else { ahead }).days())
}

fn date(words: &Words, today: Date) -> Option<Date> {
    if words.has(&["tomorrow"]) {
        return Some(today.saturating_add(1.day()));
    }
    if words.has(&["today"]) {
        return Some(today);
    }
    weekday(words).map(|day| coming(day, today))
}

/// "at 15:00", "at 3 pm", "at 9": the teacher's own figures.
fn time(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    lower.split(" at ").skip(1).find_map(clock_time)
}

fn clock_time(text: &str) -> Option<String> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let hour = digits(text);
    let rest = text.get(hour.len()..)?;
    let minute = rest.strip_prefix([':', '.']).map(digits).filter(|minute| minute.len() == 2);
    let rest = minute.as_ref().map_or(rest, |minute| rest.get(1 + minute.len()..).unwrap_or_default()).trim_start();
    let hour: u8 = hour.parse().ok()?;
    let hour = match (rest.starts_with("pm") || rest.starts_with("p.m"), hour) {
        (true, 1..=11) => hour + 12,
        _ => hour,
    };
    let minute: u8 = minute.map_or(Some(0), |minute| minute.parse().ok())?;
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, told) in [
            ("on Tuesday at 15:00", Some("15:00")),
            ("at 9 on Monday", None),
            ("meet Mateo at 9 tomorrow", Some("09:00")),
            ("meet Mateo at 3 pm", Some("15:00")),
            ("meet Mateo at 3.30pm", Some("15:30")),
            ("meet Mateo at 12 pm", Some("12:00")),
            ("meet Mateo at the library at 14:05.", Some("14:05")),
            ("meet Mateo at 25:00", None),
            ("meet Mateo", None),
        ] {
            assert_eq!(time(text).as_deref(), told, "{text}");
        }
    }

    #[test]
    fn a_day_of_the_week_is_the_next_one() {
        let saturday = jiff::civil::date(2026, 11, 21);
        assert_eq!(coming(Weekday::Tuesday, saturday), jiff::civil::date(2026, 11, 24));
        assert_eq!(coming(Weekday::Saturday, saturday), jiff::civil::date(2026, 11, 28));
        assert_eq!(
            span(&Words::read("What is on my calendar this week?"), saturday).0,
            jiff::civil::date(2026, 11, 16)
        );
    }
}

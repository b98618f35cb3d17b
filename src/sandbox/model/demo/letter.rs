//! The text of a mail to a student: personal, honest and kind.
//!
//! Every number in it is one that a tool gave or the teacher said. A pass that
//! is out of reach is told with care, and "you will fail" is never said.

use std::cmp::Ordering;

use super::facts::{Row, Standing, Student, rank};
use super::order::{Order, Voice};
use super::table::{listed, number};

/// What a letter is written from.
pub struct Occasion<'a> {
    /// To whom.
    pub student: &'a Student,
    /// The class it is about; without one, the class that matters most.
    pub class: Option<&'a str>,
    /// Who signs.
    pub teacher: Option<&'a str>,
    /// Which of several ways of saying things, so that two mails are not one.
    pub version: usize,
}

/// A drafted mail.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

/// Above this, a needed grade is called a lot to ask.
const MUCH: f64 = 9.0;

/// Writes the letter that `order` asks for.
pub fn compose(occasion: &Occasion<'_>, order: &Order) -> Letter {
    let row = subject_row(occasion, order);
    let mut parts = vec![format!("Dear {},", occasion.student.first_name())];
    match &row {
        Some(row) => parts.extend(about_class(occasion, order, row)),
        None => parts.push("I wanted to write to you about this semester.".into()),
    }
    let details: Vec<&str> = order.details.iter().map(|detail| detail.sentence.as_str()).collect();
    if !details.is_empty() {
        parts.push(details.join(" "));
    }
    let standing = row.as_ref().map_or(Standing::Unknown, Row::standing);
    if !order.brief || details.is_empty() {
        parts.push(way_forward(occasion, order, standing));
    }
    parts.push(format!("{}\n{}", farewell(order.voice), occasion.teacher.unwrap_or("Your teacher")));
    Letter { subject: subject(order, row.as_ref()), body: parts.join("\n\n") }
}

/// The class named, else the one where a word is most needed, or for praise best deserved.
fn subject_row(occasion: &Occasion<'_>, order: &Order) -> Option<Row> {
    let named = occasion
        .student
        .classes
        .iter()
        .find(|row| occasion.class.is_some() && row.class_id.as_deref() == occasion.class);
    let mut current = occasion.student.current();
    current.sort_by_key(|row| row.standing());
    let well = current.iter().copied().filter(|row| row.standing().well());
    let best = well.max_by(|a, b| rank(a.average_so_far.as_ref()).total_cmp(&rank(b.average_so_far.as_ref())));
    let chosen = if order.praise { best.or_else(|| current.first().copied()) } else { current.first().copied() };
    named.or(chosen).cloned()
}

fn about_class(occasion: &Occasion<'_>, order: &Order, row: &Row) -> Vec<String> {
    let opening = opening(order, row);
    let facts = facts(row);
    let outlook = outlook(order, row);
    let other = other_class(occasion, row);
    if order.brief {
        return vec![[facts, outlook].join(" ").trim().to_owned()];
    }
    let first = [opening, facts].join(" ").trim().to_owned();
    let second = [outlook, other].join(" ").trim().to_owned();
    [first, second].into_iter().filter(|part| !part.is_empty()).collect()
}

fn opening(order: &Order, row: &Row) -> String {
    let class = row.subject();
    match (order.voice, row.standing()) {
        (_, Standing::OnTrack | Standing::Secured | Standing::Passed) if order.praise => {
            format!("I want to tell you that your work in {class} gives me joy.")
        }
        (_, Standing::OnTrack | Standing::Secured | Standing::Passed) => {
            format!("I would like to say a word about your work in {class}.")
        }
        (Voice::Warm, Standing::OutOfReach | Standing::Failed) => format!(
            "I have been thinking about you and {class}, and I would rather speak openly with you than stay silent."
        ),
        (Voice::Warm, _) => format!("I have been looking at {class}, and I was thinking of you."),
        (Voice::Firm, _) => format!("I want to be direct with you about {class}."),
        (Voice::Encouraging, Standing::OutOfReach | Standing::Failed) => {
            format!("I would like to speak openly with you about {class}, because you deserve it.")
        }
        (Voice::Encouraging, _) => {
            format!("I would like to talk with you about {class}, because I believe you can get there.")
        }
    }
}

/// What was graded so far, and where it points.
fn facts(row: &Row) -> String {
    let graded = listed(&row.graded());
    match (row.movement(), &row.average_so_far) {
        (Some((first, last, Ordering::Less)), _) => {
            format!("Your grades went up from {first} to {last}: the work you put in shows.")
        }
        (Some((_, _, Ordering::Greater)), _) if row.standing().in_need() => {
            format!("Your evaluations so far are {graded}. I know that you can do better than the last one.")
        }
        (Some((_, _, Ordering::Greater | Ordering::Equal)), _) => format!("Your evaluations so far are {graded}."),
        (None, _) if !graded.is_empty() => format!("Your evaluation so far is {graded}."),
        (None, Some(average)) => format!("Your average so far is {average}."),
        (None, None) => {
            format!("Nothing is graded in {} yet, which makes this a good moment to start well.", row.subject())
        }
    }
}

/// What it takes from here.
fn outlook(order: &Order, row: &Row) -> String {
    let needed = number(row.needed.as_ref());
    let best = row.best_possible.as_ref();
    match row.standing() {
        Standing::AtRisk => {
            let much = rank(row.needed.as_ref()) >= MUCH;
            if order.brief {
                return format!("To pass you need {needed} on what remains, and I will help you get there.");
            }
            format!("To pass you need {needed} on what remains. {}", effort(order.voice, much))
        }
        Standing::OutOfReach => {
            let best =
                best.map(|best| format!(", because the best average still possible is {best}")).unwrap_or_default();
            format!(
                "With these grades the pass is out of reach this semester{best}. This says nothing about what you are able to learn: what you work on now counts for the next step, and I will plan it with you."
            )
        }
        Standing::Failed => {
            let average = number(row.average_so_far.as_ref());
            format!(
                "All evaluations are in, and your average is {average}, which is below the pass mark. It is a result, not a verdict on you, and there are ways to go on from here."
            )
        }
        Standing::OnTrack => {
            format!("You are on track: {needed} on what remains is enough to pass, and you can aim higher than that.")
        }
        Standing::Secured => "You have secured the pass, and you can aim higher still.".into(),
        Standing::Passed => {
            format!("You passed with an average of {}. Well done.", number(row.average_so_far.as_ref()))
        }
        Standing::NoData | Standing::Unknown => String::new(),
    }
}

fn effort(voice: Voice, much: bool) -> &'static str {
    match (voice, much) {
        (Voice::Firm, true) => {
            "That is a lot, and it will not come by itself: it takes steady work from today on, and I expect you to bring your questions to me."
        }
        (Voice::Firm, false) => {
            "It is within your reach, and it takes steady work from today on. I expect you to bring your questions to me."
        }
        (Voice::Warm, true) => "I know that this is a lot to ask, and you do not have to do it alone.",
        (Voice::Warm, false) => "That is within your reach, and you do not have to do it alone.",
        (Voice::Encouraging, true) => "That is a lot to ask, but it is possible, and I will help you get there.",
        (Voice::Encouraging, false) => "That is well within your reach, and I will help you get there.",
    }
}

fn other_class(occasion: &Occasion<'_>, row: &Row) -> String {
    if occasion.class.is_some() {
        return String::new();
    }
    let current = occasion.student.current();
    let other = current.iter().find(|other| other.class_id != row.class_id && other.standing() == Standing::AtRisk);
    other.map_or_else(String::new, |other| {
        format!(
            "{} also needs some of your time: there you need {} on what remains.",
            other.subject(),
            number(other.needed.as_ref())
        )
    })
}

fn way_forward(occasion: &Occasion<'_>, order: &Order, standing: Standing) -> String {
    if order.brief {
        return "Come and see me, and we will make a start.".into();
    }
    let even = occasion.version.is_multiple_of(2);
    let text = match (standing, even) {
        (Standing::OnTrack | Standing::Secured | Standing::Passed, true) => {
            "If you would like a harder task, tell me: I have some that you would enjoy."
        }
        (Standing::OnTrack | Standing::Secured | Standing::Passed, false) => {
            "Keep going like this, and tell me if you would like something more demanding."
        }
        (Standing::OutOfReach | Standing::Failed, true) => {
            "Come and see me, and we will look together at what helps you most."
        }
        (Standing::OutOfReach | Standing::Failed, false) => {
            "Let us sit down together soon. Bring your questions, and we will make a plan that you can keep."
        }
        (_, true) if order.details.is_empty() => {
            "Tell me which part gives you the most trouble, or bring the exercises along, and we will start there."
        }
        (_, false) if order.details.is_empty() => {
            "Come to me after class and show me where you get stuck. We will take it one step at a time."
        }
        (_, true) => "Bring the exercises that give you trouble, and we will start there.",
        (_, false) => "Tell me beforehand where you get stuck, and we will take it one step at a time.",
    };
    text.to_owned()
}

fn farewell(voice: Voice) -> &'static str {
    match voice {
        Voice::Warm => "Warmly,",
        Voice::Firm => "Regards,",
        Voice::Encouraging => "I am on your side,",
    }
}

fn subject(order: &Order, row: Option<&Row>) -> String {
    if let Some(topic) = order.details.iter().find_map(|detail| detail.topic.as_deref()) {
        return format!("About {}", topic.chars().take(80).collect::<String>());
    }
    let Some(row) = row else { return "A word about this semester".into() };
    let class = row.subject();
    match (row.standing(), order.voice) {
        (Standing::OnTrack | Standing::Secured | Standing::Passed, _) => format!("Well done in {class}"),
        (Standing::OutOfReach | Standing::Failed, _) => format!("{class}: let us plan the next step"),
        (Standing::AtRisk, Voice::Firm) => format!("{class}: what it takes to pass"),
        (Standing::AtRisk, Voice::Warm) => format!("A word about {class}, and how I can help"),
        (Standing::AtRisk, Voice::Encouraging) => format!("A step forward in {class}"),
        (Standing::NoData | Standing::Unknown, _) => format!("A word about {class}"),
    }
}

//! Answers about all classes: the semester at a glance, the list, two side by side.

use super::facts::{ClassLine, Row, Standing, rank};
use super::lookup::{self, Forecast};
use super::phrases::OFFER;
use super::scene::{Scene, Step};
use super::table::{self, Column, listed, number};

/// A table longer than this is a list nobody reads.
const SHOWN: usize = 15;

/// How everyone is doing.
pub fn overview(scene: &Scene<'_>) -> Result<String, Step> {
    let classes = lookup::current_classes(scene)?;
    if classes.is_empty() {
        return Ok("You have no classes in the current semester.".into());
    }
    let Forecast { rows, pass_mark } = lookup::forecast(scene, &classes, true)?;
    let need = in_need(&rows);
    let mut parts = vec![headline(&rows, &need).to_owned()];
    parts.push(classes.iter().map(class_line).collect::<Vec<_>>().join("\n"));
    if !need.is_empty() {
        parts.push(needing_attention(&need, pass_mark.as_ref()));
    }
    parts.extend(aim_higher(&rows));
    parts.push(offer(&need));
    Ok(parts.join("\n\n"))
}

/// The list of classes.
pub fn classes(scene: &Scene<'_>) -> Result<String, Step> {
    let classes = lookup::current_classes(scene)?;
    if classes.is_empty() {
        return Ok("You have no classes in the current semester.".into());
    }
    Ok(format!(
        "These are your classes this semester.\n\n{}\n\nAsk “Show me {}” for one of them.",
        class_table(&classes),
        first_title(&classes)
    ))
}

/// Two or more classes side by side.
pub fn compare(scene: &Scene<'_>) -> Result<String, Step> {
    let words = &scene.present.words;
    let roster = lookup::roster(scene, &[])?;
    let mut classes = roster.classes_in(words);
    if classes.len() < 2 && words.has(&["my classes", "all classes", "the classes", "my two classes", "classes"]) {
        classes = roster.classes.iter().filter(|class| class.is_current()).cloned().collect();
    }
    if classes.len() < 2 {
        let all: Vec<&str> = roster.classes.iter().filter(|class| class.is_current()).map(ClassLine::title).collect();
        return Ok(format!("Which classes shall I compare? You teach {}.", listed(&all)));
    }
    let mut order: Vec<&ClassLine> = classes.iter().filter(|class| class.average.is_some()).collect();
    order.sort_by(|a, b| rank(b.average.as_ref()).total_cmp(&rank(a.average.as_ref())));
    let reading = match (order.first(), order.last()) {
        (Some(best), Some(last)) if rank(best.average.as_ref()) > rank(last.average.as_ref()) => {
            let (high, low) = if classes.len() == 2 { ("higher", "lower") } else { ("highest", "lowest") };
            format!(
                "**{}** has the {high} average, {}, and {} the {low}, {}.",
                best.title(),
                number(best.average.as_ref()),
                last.title(),
                number(last.average.as_ref())
            )
        }
        (Some(_), Some(_)) if order.len() == classes.len() => "Their averages are the same.".into(),
        _ => "Not all of them have grades yet.".into(),
    };
    Ok(format!(
        "{reading}\n\n{}\n\nAsk “Who is at risk in {}?” to see the names.",
        class_table(&classes),
        first_title(&classes)
    ))
}

/// The rows that need attention: first those whom one can still help, the greatest need first.
pub fn in_need(rows: &[Row]) -> Vec<Row> {
    let mut need: Vec<Row> = rows.iter().filter(|row| row.standing().in_need()).cloned().collect();
    need.sort_by(|a, b| {
        a.standing().cmp(&b.standing()).then(rank(b.needed.as_ref()).total_cmp(&rank(a.needed.as_ref())))
    });
    need
}

/// The table of those who need attention, under its heading.
pub fn needing_attention(need: &[Row], pass_mark: Option<&String>) -> String {
    let columns = [Column::Student, Column::Class, Column::Evaluations, Column::Needs, Column::Standing];
    let shown = need.get(..SHOWN.min(need.len())).unwrap_or_default();
    let mark = pass_mark.map(|mark| format!(" (to pass: an average of at least {mark})")).unwrap_or_default();
    let mut text = format!("**Who needs your attention**{mark}\n\n{}", table::students(shown, &columns));
    text.push_str(&the_rest(need.get(SHOWN..).unwrap_or_default()));
    text.push_str("\n\n“Needs” is the grade to reach on what remains.");
    if need.iter().any(|row| row.standing() == Standing::OutOfReach) {
        text.push_str(" Out of reach means that full marks on what remains would not be enough.");
    }
    text
}

/// Those for whom the table has no room, by standing and with their classes, so
/// that nobody is overlooked.
fn the_rest(rows: &[Row]) -> String {
    let same = |a: &Row, b: &Row| a.standing() == b.standing();
    let line = |rows: &[Row]| {
        let standing = rows.first().map_or("", |row| row.standing().words());
        let names: Vec<String> = rows.iter().map(|row| format!("{} ({})", row.name(), row.class())).collect();
        format!("\n\nAlso {standing}: {}.", listed(&names))
    };
    rows.chunk_by(same).map(line).collect()
}

/// The rows that do well, the best first.
pub fn doing_well(rows: &[Row]) -> Vec<Row> {
    let mut well: Vec<Row> =
        rows.iter().filter(|row| row.standing().well() && row.average_so_far.is_some()).cloned().collect();
    well.sort_by(|a, b| rank(b.average_so_far.as_ref()).total_cmp(&rank(a.average_so_far.as_ref())));
    well
}

/// A line about those who could aim higher: three students, each once, with all the classes in which they are among
/// the best.
pub fn aim_higher(rows: &[Row]) -> Option<String> {
    let mut best: Vec<(Row, Vec<String>)> = Vec::new();
    for row in doing_well(rows) {
        let place = format!("{} in {}", number(row.average_so_far.as_ref()), row.class());
        if let Some((_, places)) = best.iter_mut().find(|(other, _)| other.student_id == row.student_id) {
            places.push(place);
        } else if best.len() < 3 {
            best.push((row, vec![place]));
        } else {
            break;
        }
    }
    let best: Vec<String> =
        best.iter().map(|(row, places)| format!("{} ({})", row.name(), places.join(", "))).collect();
    (!best.is_empty()).then(|| {
        format!(
            "**Who could aim higher:** {}. A harder task or a role in helping others would suit them.",
            listed(&best)
        )
    })
}

/// What the teacher could ask next about those in need.
pub fn offer(need: &[Row]) -> String {
    let mut names: Vec<&str> = need.iter().map(Row::name).collect();
    names.dedup();
    names.truncate(2);
    if names.is_empty() {
        return "Shall I say more about one class or one student?".into();
    }
    format!(
        "{OFFER}{}? Say “yes”, or “Write to all students at risk, warmly, and offer Monday after class”. \
         You will see every word before anything is sent.",
        listed(&names)
    )
}

fn headline(rows: &[Row], need: &[Row]) -> &'static str {
    let well = rows.iter().filter(|row| row.standing().well()).count();
    if need.is_empty() && well == 0 {
        "Nothing is graded yet this semester, so there is nothing to forecast."
    } else if need.is_empty() {
        "Good news: in what is graded so far nobody is at risk."
    } else if well > need.len() {
        "Most of your students are on track this semester. Some need your attention before the next evaluation."
    } else {
        "This semester needs your attention: in many places passing is at risk."
    }
}

fn class_line(class: &ClassLine) -> String {
    let Some(average) = &class.average else {
        return format!("- **{}**: no grades yet", class.title());
    };
    let some = |count: Option<&String>, what: &str| {
        count.filter(|count| rank(Some(count)) > 0.0).map(|count| format!(", {count} {what}")).unwrap_or_default()
    };
    let risk = some(class.at_risk.as_ref(), "at risk") + some(class.out_of_reach.as_ref(), "out of reach").as_str();
    let risk = if risk.is_empty() { ", nobody at risk".to_owned() } else { risk };
    let size = class.size.as_ref().map(|size| format!(" ({size} students)")).unwrap_or_default();
    format!("- **{}**{size}: average {average}{risk}", class.title())
}

fn class_table(classes: &[ClassLine]) -> String {
    let head = [
        ("Class", false),
        ("Students", true),
        ("Graded", true),
        ("Average", true),
        ("At risk", true),
        ("Out of reach", true),
    ];
    let head = head.map(|(name, is_number)| (name.to_owned(), is_number));
    let row = |class: &ClassLine| {
        let numbers = [&class.size, &class.evaluations_graded, &class.average, &class.at_risk, &class.out_of_reach];
        let numbers = numbers.map(|cell| number(cell.as_ref()));
        [class.title().to_owned()].into_iter().chain(numbers).collect()
    };
    table::table(&head, classes.iter().map(row))
}

fn first_title(classes: &[ClassLine]) -> &str {
    classes.first().map_or("a class", ClassLine::title)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn whoever_the_table_has_no_room_for_is_named_with_class_and_standing() {
        let row = |name: String, standing: &str| json!({ "name": name, "class": "Art", "standing": standing });
        let mut rows: Vec<Value> = (1..=16).map(|n| row(format!("Pupil {n}"), "at_risk")).collect();
        rows.push(row("Lena".to_owned(), "out_of_reach"));
        let rows: Vec<Row> = serde_json::from_value(Value::Array(rows)).unwrap();
        let text = needing_attention(&in_need(&rows), None);
        assert!(text.contains("\n\nAlso at risk: Pupil 16 (Art).\n\nAlso out of reach: Lena (Art).\n\n"), "{text}");
    }
}

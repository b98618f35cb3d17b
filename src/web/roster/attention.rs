//! Who needs attention in a class, and why: rules with their numbers, no guess.

use url::form_urlencoded;

use super::super::pages::{Attention, WriteTo};
use crate::school::{ClassView, PASS_MARK, RosterRow, Standing};

const ORDINALS: [&str; 3] = ["1st", "2nd", "3rd"];

/// First those whom one can still help, the greatest need first.
pub(super) fn of(class: &ClassView) -> Vec<Attention> {
    let mut rows: Vec<(&RosterRow, Vec<String>)> = class
        .roster
        .iter()
        .map(|row| (row, reasons(class, row)))
        .filter(|(row, reasons)| row.outlook.standing.needs_attention() || !reasons.is_empty())
        .collect();
    rows.sort_by(|(a, _), (b, _)| {
        (order(a.outlook.standing), &b.outlook.needed).cmp(&(order(b.outlook.standing), &a.outlook.needed))
    });
    let shown = |(row, reasons): (&RosterRow, Vec<String>)| Attention {
        name: row.name.clone(),
        href: format!("/students/{}", row.student),
        standing: row.outlook.standing.words().to_owned(),
        tone: super::tone(row.outlook.standing),
        reasons,
    };
    rows.into_iter().map(shown).collect()
}

fn order(standing: Standing) -> u8 {
    match standing {
        Standing::AtRisk => 0,
        Standing::OutOfReach => 1,
        Standing::Failed => 2,
        Standing::OnTrack | Standing::Secured | Standing::Passed | Standing::NoData => 3,
    }
}

fn reasons(class: &ClassView, row: &RosterRow) -> Vec<String> {
    let outlook = &row.outlook;
    let mut reasons: Vec<String> = standing(row).into_iter().collect();
    let missing = (0..ORDINALS.len()).filter(|at| is_missing(class, row, *at));
    reasons.extend(missing.map(|at| format!("the {} evaluation is missing", ORDINALS[at])));
    if outlook.standing.needs_attention()
        && let Some(trend) = outlook.trend.filter(|trend| trend.hundredths() < 0)
    {
        reasons.push(format!("{trend} since the evaluation before"));
    }
    reasons
}

fn standing(row: &RosterRow) -> Option<String> {
    let outlook = &row.outlook;
    match outlook.standing {
        Standing::AtRisk => {
            let left = if outlook.remaining == 1 { "in the evaluation that remains" } else { "in each that remains" };
            outlook.needed.map(|needed| format!("needs {needed} {left}"))
        }
        Standing::OutOfReach => outlook.best_possible.map(|best| format!("the best possible average is {best}")),
        Standing::Failed => outlook.average.map(|average| format!("ended at {average}, below {PASS_MARK}")),
        Standing::OnTrack | Standing::Secured | Standing::Passed | Standing::NoData => None,
    }
}

/// Graded for most of the class, and not for this one.
fn is_missing(class: &ClassView, row: &RosterRow, evaluation: usize) -> bool {
    row.evaluations[evaluation].is_none() && class.summary.graded[evaluation] * 2 > class.summary.students
}

/// Leads to the chat with a question that the teacher can still change.
pub(super) fn write_to(class: &ClassView) -> Option<WriteTo> {
    let count = class.summary.standings.at_risk;
    let words = format!("Write to all at risk in {}", class.title);
    let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let text = if count == 1 { "Write to the one at risk".to_owned() } else { format!("Write to the {count} at risk") };
    (count > 0).then(|| WriteTo { text, href: format!("/chat?words={query}") })
}

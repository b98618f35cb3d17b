//! Numbers as the model quotes them: text with two decimals, so that nothing is
//! lost or rounded on the way into an answer.

use serde::Serialize;

use crate::school::{EVALUATIONS, EnrolmentView, Evaluations, Outlook, Standing};

/// The evaluations in order; null is "not graded yet".
pub(super) fn evaluations(evaluations: &Evaluations) -> [Option<String>; EVALUATIONS] {
    evaluations.map(|grade| grade.map(|grade| grade.to_string()))
}

/// What follows from one student's grades in one class.
#[derive(Debug, Serialize)]
pub(super) struct Numbers {
    standing: Standing,
    graded: usize,
    average_so_far: Option<String>,
    average_if_rest_zero: Option<String>,
    needed: Option<String>,
    best_possible: Option<String>,
    trend: Option<String>,
}

impl Numbers {
    pub(super) fn of(outlook: &Outlook) -> Self {
        let text = |number: Option<&dyn ToString>| number.map(ToString::to_string);
        Self {
            standing: outlook.standing,
            graded: outlook.graded,
            average_so_far: text(outlook.average.as_ref().map(|n| n as _)),
            average_if_rest_zero: text(outlook.average_if_rest_zero.as_ref().map(|n| n as _)),
            needed: text(outlook.needed.as_ref().map(|n| n as _)),
            best_possible: text(outlook.best_possible.as_ref().map(|n| n as _)),
            trend: text(outlook.trend.as_ref().map(|n| n as _)),
        }
    }
}

/// One place of a student in a class, with its numbers.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    class_id: String,
    title: String,
    term: String,
    current: bool,
    evaluations: [Option<String>; EVALUATIONS],
    #[serde(flatten)]
    numbers: Numbers,
}

impl Place {
    pub(super) fn of(enrolment: &EnrolmentView) -> Self {
        Self {
            class_id: enrolment.class.to_string(),
            title: enrolment.title.clone(),
            term: enrolment.term.to_string(),
            current: enrolment.is_current,
            evaluations: evaluations(&enrolment.evaluations),
            numbers: Numbers::of(&enrolment.outlook),
        }
    }
}

//! `show_chart`: a chart on the teacher's page, and its numbers for the model.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{class, student};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Exhibit, Scene, Tool, ToolError, Verbs},
    },
    school::{Chart, ClassId, ClassView, PASS_MARK, StudentId},
    vault::OwnData,
};

/// Shows a chart.
pub struct ShowChart;

/// Shows the teacher a chart in the page, above your answer, and tells you its numbers. `averages` draws averages against
/// the pass mark, `trend` how grades went from evaluation to evaluation, `distribution` how many averages lie where.
/// Call it once for each chart; in your answer say what stands out, and do not repeat all the numbers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// What to draw.
    kind: Kind,
    /// A class, as `list_teaching_classes` names it; null for all classes of the current semester.
    class_id: Option<String>,
    /// A student, as `list_students` names them, for `averages` or `trend` of that student alone; else null.
    student_id: Option<String>,
}

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Averages,
    Trend,
    Distribution,
}

/// Of whom.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Of {
    AllClasses,
    Class(ClassId),
    Student(StudentId),
}

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    kind: Kind,
    of: Of,
}

/// The numbers, as the model reads them; the page gets the chart itself.
#[derive(Debug, Serialize)]
pub struct Output {
    shown: &'static str,
    title: String,
    pass_mark: String,
    at_a_glance: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    #[serde(skip)]
    chart: Chart,
}

/// A row of the table. Whose own numbers stand there is told beside them: the
/// audit knows by it whom this looked at, and the second look at a draft whose
/// numbers it carries.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    student_id: Option<StudentId>,
    cells: Vec<String>,
}

fn current_classes(scene: &Scene<'_>) -> Vec<ClassView> {
    scene.school.classes(scene.teacher, scene.today()).into_iter().filter(|class| class.is_current).collect()
}

fn of_classes(kind: Kind, classes: &[ClassView]) -> Chart {
    match (kind, classes) {
        (Kind::Averages, [only]) => Chart::averages_of_class(only),
        (Kind::Averages, _) => Chart::averages_of_classes(classes),
        (Kind::Trend, _) => Chart::trend_of_classes(classes),
        (Kind::Distribution, _) => Chart::distribution(classes),
    }
}

impl Plan {
    fn chart(&self, scene: &Scene<'_>) -> Result<Chart, ToolError> {
        match (&self.of, self.kind) {
            (Of::AllClasses, kind) => Ok(of_classes(kind, &current_classes(scene))),
            (Of::Class(id), kind) => Ok(of_classes(kind, &[class(scene, id.as_str())?])),
            (Of::Student(id), Kind::Averages) => Ok(Chart::averages_of_student(&student(scene, id.as_str())?)),
            (Of::Student(id), Kind::Trend) => Ok(Chart::trend_of_student(&student(scene, id.as_str())?)),
            (Of::Student(_), Kind::Distribution) => Err(ToolError::tell(
                "One student has no distribution. Take averages or trend, or leave the student out.",
            )),
        }
    }
}

impl Plan {
    /// The table's rows, each with the student whose own numbers it holds.
    fn rows(&self, scene: &Scene<'_>, rows: Vec<Vec<String>>) -> Result<Vec<Row>, ToolError> {
        let whose: Vec<Option<StudentId>> = match (&self.of, self.kind) {
            (Of::Class(id), Kind::Averages) => {
                class(scene, id.as_str())?.roster.into_iter().map(|row| Some(row.student)).collect()
            }
            (Of::Student(id), _) => vec![Some(id.clone()); rows.len()],
            (Of::Class(_) | Of::AllClasses, _) => vec![None; rows.len()],
        };
        Ok(whose.into_iter().zip(rows).map(|(student_id, cells)| Row { student_id, cells }).collect())
    }
}

#[async_trait]
impl Tool for ShowChart {
    const CARD: Card = Card {
        name: "show_chart",
        verbs: Verbs { ask: "draw a chart", doing: "Drawing a chart", done: "Drew a chart" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let of = match (args.class_id, args.student_id) {
            (None, None) => Of::AllClasses,
            (Some(id), None) => Of::Class(class(scene, &id)?.id),
            (None, Some(id)) => Of::Student(student(scene, &id)?.id),
            (Some(_), Some(_)) => return Err(ToolError::tell("Give a class or a student, not both.")),
        };
        let plan = Plan { kind: args.kind, of };
        if plan.chart(scene)?.is_empty() {
            return Err(ToolError::tell("Nothing is graded there yet, so there is nothing to draw."));
        }
        Ok(plan)
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let chart = plan.plan().chart(scene)?;
        let (columns, rows) = chart.table();
        Ok(Output {
            shown: "The teacher sees this chart in the page.",
            title: chart.title.clone(),
            pass_mark: PASS_MARK.to_string(),
            at_a_glance: chart.glance(),
            columns,
            rows: plan.plan().rows(scene, rows)?,
            chart,
        })
    }

    fn did(&self, output: &Output) -> String {
        format!("Drew a chart: {}", output.title)
    }

    fn shows(&self, output: &Output) -> Option<Exhibit> {
        Some(Exhibit::Chart(output.chart.clone()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        assistant::toolbox::AnyTool,
        clock::{HeldClock, SystemIds},
        school::{School, SchoolFile, Teacher, TeacherId},
    };

    fn prepared(arguments: &str) -> Result<serde_json::Value, ToolError> {
        let school = School::new(SchoolFile::parse(include_str!("../../data/school.json")).unwrap(), Vec::new());
        let noon = date(2026, 11, 21).at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let clock = HeldClock::at(noon.timestamp());
        let ada = Teacher { id: TeacherId::new("ada"), name: "Ada".into(), email: "ada@school.example".into() };
        let scene = Scene { teacher: &ada, school: &school, clock: &clock, ids: &SystemIds };
        AnyTool::prepare(&ShowChart, &scene, arguments)
    }

    #[test]
    fn what_can_be_drawn_is_drawn() {
        for (arguments, plan) in [
            (r#"{ "kind": "trend" }"#, serde_json::json!({ "kind": "trend", "of": "all_classes" })),
            (
                r#"{ "kind": "averages", "class_id": "c-01", "student_id": null }"#,
                serde_json::json!({ "kind": "averages", "of": { "class": "c-01" } }),
            ),
            (
                r#"{ "kind": "trend", "class_id": null, "student_id": "s-1001" }"#,
                serde_json::json!({ "kind": "trend", "of": { "student": "s-1001" } }),
            ),
        ] {
            assert_eq!(prepared(arguments).unwrap(), plan);
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_told_to_the_model() {
        for (arguments, told) in [
            (r#"{ "kind": "pie" }"#, "unknown variant `pie`"),
            (r#"{ "kind": "trend", "class_id": "c-99" }"#, "Take a class_id from list_teaching_classes."),
            (r#"{ "kind": "trend", "student_id": "s-9999" }"#, "Take a student_id from list_students."),
            (r#"{ "kind": "trend", "class_id": "c-01", "student_id": "s-1001" }"#, "not both"),
            (r#"{ "kind": "distribution", "student_id": "s-1001" }"#, "One student has no distribution."),
            (r#"{ "kind": "trend", "colour": "red" }"#, "unknown field `colour`"),
            (r#"{ "kind": "trend" }{ "kind": "averages" }"#, "trailing characters"),
            (r#"{ "kind": "trend", "kind": "averages" }"#, "duplicate field `kind`"),
        ] {
            let Err(ToolError::Tell(words)) = prepared(arguments) else { panic!("{arguments} made a plan") };
            assert!(words.contains(told), "{words}");
        }
    }
}

//! The tools: what the assistant can look up and do, one file each.
//!
//! A tool holds all about itself: its card, what the model may say, what it
//! would do, and what it tells afterwards. It asks the school as the teacher
//! who asks, tells the model no address, and never decides whether to run.

mod forecast_passing;
mod get_student;
mod get_teaching_class;
mod list_events;
mod list_students;
mod list_teaching_classes;
mod numbers;
mod schedule_meeting;
mod send_email_to_student;
mod show_chart;

pub use forecast_passing::ForecastPassing;
pub use get_student::GetStudent;
pub use get_teaching_class::GetTeachingClass;
pub use list_events::ListEvents;
pub use list_students::ListStudents;
pub use list_teaching_classes::ListTeachingClasses;
pub use schedule_meeting::ScheduleMeeting;
pub use send_email_to_student::SendEmailToStudent;
pub use show_chart::ShowChart;

use crate::{
    assistant::toolbox::{KeyFault, Scene, ToolError},
    calendar::CalendarError,
    school::{ClassId, ClassView, StudentId, StudentView},
};

/// "1 class", "4 classes".
fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// What is not the teacher's is not there: both get the same words.
fn class(scene: &Scene<'_>, id: &str) -> Result<ClassView, ToolError> {
    let missing = || ToolError::tell(format!("There is no class {:?}. {CLASS_HINT}", short(id)));
    let id = ClassId::parse(id).map_err(|_| missing())?;
    scene.school.class(scene.teacher, &id, scene.today()).ok_or_else(missing)
}

fn student(scene: &Scene<'_>, id: &str) -> Result<StudentView, ToolError> {
    let missing = || ToolError::tell(format!("There is no student {:?}. {STUDENT_HINT}", short(id)));
    let id = StudentId::parse(id).map_err(|_| missing())?;
    scene.school.student(scene.teacher, &id, scene.today()).ok_or_else(missing)
}

/// What the calendar met, by who can do something about it.
fn calendar_fault(scene: &Scene<'_>, fault: CalendarError) -> ToolError {
    match fault {
        CalendarError::Unreachable => ToolError::Unreachable("Google Calendar".to_owned()),
        CalendarError::TokenRefused => ToolError::KeyRefused(KeyFault::NotTaken),
        CalendarError::MissingScope => ToolError::KeyRefused(KeyFault::TooNarrow),
        CalendarError::Limit { until: Some(until) } => {
            let at = until.to_zoned(scene.clock.zone()).strftime("%H:%M").to_string();
            ToolError::tell(format!("Google Calendar's limit is reached. Nothing was changed; try again after {at}."))
        }
        CalendarError::Limit { until: None } => {
            ToolError::tell("Google Calendar's limit is reached. Nothing was changed; try again later.")
        }
        CalendarError::Refused(words) => ToolError::tell(format!("Google Calendar refused: {words}")),
        CalendarError::Unknown(why) => ToolError::Unknown(why),
    }
}

const CLASS_HINT: &str = "Take a class_id from list_teaching_classes.";
const STUDENT_HINT: &str = "Take a student_id from list_students.";

fn short(id: &str) -> String {
    id.chars().take(40).collect()
}

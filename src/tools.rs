//! The tools: what the assistant can look up and do, one file each.
//!
//! A tool holds all about itself: its card, what the model may say, what it
//! would do, and what it tells afterwards. It asks the school as the teacher
//! who asks, tells the model no address, and never decides whether to run.

mod forecast_passing;
mod get_student;
mod get_teaching_class;
mod list_students;
mod list_teaching_classes;
mod numbers;
mod send_email_to_student;
mod show_chart;

pub use forecast_passing::ForecastPassing;
pub use get_student::GetStudent;
pub use get_teaching_class::GetTeachingClass;
pub use list_students::ListStudents;
pub use list_teaching_classes::ListTeachingClasses;
pub use send_email_to_student::SendEmailToStudent;
pub use show_chart::ShowChart;

use crate::{
    assistant::toolbox::{Scene, ToolError},
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

const CLASS_HINT: &str = "Take a class_id from list_teaching_classes.";
const STUDENT_HINT: &str = "Take a student_id from list_students.";

fn short(id: &str) -> String {
    id.chars().take(40).collect()
}

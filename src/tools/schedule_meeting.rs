//! `schedule_meeting`: a meeting with a student in the teacher's calendar.
//!
//! The name of the event is made with the plan. So one that may have been made
//! is made again without harm: Google says that it is there (409), and there is
//! one meeting. That is why this tool, unlike mail, tries again by itself when
//! no clear answer comes.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{calendar_fault, student};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Edits, Field, Outcomes, Preview, Row, Scene, Tool, ToolError, Verbs},
    },
    calendar::{Calendar, CalendarError, CalendarKey, EventId, Invited, LONGEST, Meeting},
    mail::{PersonName, Subject},
    school::StudentId,
};

/// How often an invitation is tried when nobody knows whether it was made.
const TRIES: u32 = 3;

/// Makes a meeting with a student.
pub struct ScheduleMeeting {
    calendar: Arc<dyn Calendar>,
}

/// Drafts a meeting with one student in the teacher's own calendar; the student is invited by mail. The teacher sees the
/// draft, corrects it, and approves or discards it; the result tells what really happened. The address comes from the
/// school's roster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The student, as `list_students` names them, such as "s-1001".
    student_id: String,
    /// What the meeting is about: one line, which the student reads too.
    title: String,
    /// When it begins, on the school's clock, such as "2026-11-24T15:00".
    starts: String,
    /// How many minutes it takes, from 5 to 480; null for thirty.
    minutes: Option<u16>,
}

/// The meeting as it would be made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    student: StudentId,
    meeting: Meeting,
    from: String,
}

/// What was made.
#[derive(Debug, Serialize)]
pub struct Output {
    status: &'static str,
    with: String,
    title: String,
    starts: String,
    minutes: u16,
    event_id: String,
}

impl ScheduleMeeting {
    /// The tool, with the way to the calendar.
    pub fn new(calendar: Arc<dyn Calendar>) -> Self {
        Self { calendar }
    }
}

/// "2026-11-24T15:00" or with a space; what a person types and a model writes.
fn starts(scene: &Scene<'_>, text: &str) -> Result<DateTime, ToolError> {
    let wrong = || ToolError::tell("The start is a day and a time such as 2026-11-24 15:00.");
    let starts: DateTime = text.trim().replace(' ', "T").parse().map_err(|_| wrong())?;
    let at = scene.clock.zone().to_ambiguous_zoned(starts).compatible().map_err(|_| wrong())?.timestamp();
    if at <= scene.now() {
        return Err(ToolError::tell("The start has passed already. Give a time that is still to come."));
    }
    Ok(starts)
}

fn minutes(minutes: u16) -> Result<u16, ToolError> {
    let fits = (5..=LONGEST).contains(&minutes);
    fits.then_some(minutes).ok_or_else(|| ToolError::tell("A meeting takes from 5 to 480 minutes."))
}

fn title(text: &str) -> Result<Subject, ToolError> {
    Subject::parse(text).map_err(|fault| ToolError::tell(fault.to_string().replacen("the subject", "the title", 1)))
}

/// A meeting with what the roster says now.
fn plan(
    scene: &Scene<'_>,
    id: EventId,
    student_id: &str,
    (title, starts, minutes): (Subject, DateTime, u16),
) -> Result<Plan, ToolError> {
    let student = student(scene, student_id)?;
    let told = |what: &str| ToolError::tell(format!("{} cannot be invited: {what}.", student.name));
    let guest =
        PersonName::clean(&student.name).ok_or_else(|| told("the name is not one that an invitation can carry"))?;
    let address = student.email.clone().ok_or_else(|| told("the roster has no address"))?;
    let meeting = Meeting { id, title, starts, minutes, guest, address };
    Ok(Plan { student: student.id, meeting, from: scene.teacher.email.clone() })
}

fn field(name: &str, label: &str, value: String) -> Field {
    Field { name: name.to_owned(), label: label.to_owned(), value, multiline: false }
}

fn day_and_time(at: DateTime) -> String {
    at.strftime("%A, %-d %B %Y, %H:%M").to_string()
}

#[async_trait]
impl Tool for ScheduleMeeting {
    const CARD: Card = Card {
        name: "schedule_meeting",
        verbs: Verbs {
            ask: "schedule a meeting with a student",
            doing: "Drafting a meeting",
            done: "Drafted a meeting",
        },
        risk: Risk::Sends,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = CalendarKey;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let starts = starts(scene, &args.starts)?;
        let what = (title(&args.title)?, starts, minutes(args.minutes.unwrap_or(30))?);
        plan(scene, EventId::of(scene.ids.ordered()), &args.student_id, what)
    }

    fn preview(&self, plan: &Plan) -> Preview {
        let Meeting { title, starts, minutes, guest, address, .. } = &plan.meeting;
        Preview {
            heading: "Meeting".to_owned(),
            rows: vec![Row { label: "With".to_owned(), value: format!("{} · {}", guest.as_str(), address.as_str()) }],
            fields: vec![
                field("title", "Title", title.as_str().to_owned()),
                // The day of the week is part of the label, so that a wrong date is seen.
                field(
                    "starts",
                    &starts.strftime("Begins (%A)").to_string(),
                    starts.strftime("%Y-%m-%d %H:%M").to_string(),
                ),
                field("minutes", "Minutes", minutes.to_string()),
            ],
            action: format!("Invite from {}", plan.from),
            note: format!("Invites {} only, by mail, and adds it to your calendar when you click.", guest.as_str()),
            outcomes: Outcomes { done: "scheduled".to_owned(), look: "Look in your calendar.".to_owned() },
        }
    }

    fn recipients(&self, plan: &Plan) -> Vec<StudentId> {
        vec![plan.student.clone()]
    }

    fn revise(&self, scene: &Scene<'_>, old: Plan, edits: &Edits) -> Result<Plan, ToolError> {
        if let Some(other) = edits.keys().find(|name| !["title", "starts", "minutes"].contains(&name.as_str())) {
            return Err(ToolError::tell(format!("{other:?} is not a field of a meeting.")));
        }
        let Meeting { id, title: was, starts: began, minutes: took, .. } = old.meeting.clone();
        let new_title = edits.get("title").map_or(Ok(was), |text| title(text))?;
        // Looked at afresh: while the draft lay there, its time can have passed.
        let begins = starts(scene, edits.get("starts").map_or(&began.to_string(), |text| text))?;
        let number = |text: &String| text.trim().parse().map_err(|_| ToolError::tell("Minutes is a whole number."));
        let takes = minutes(edits.get("minutes").map_or(Ok(took), number)?)?;
        let gone = |_| ToolError::tell("This student is no longer in any of your classes. Nothing was sent.");
        student(scene, old.student.as_str()).map_err(gone)?;
        // The name stays: what was tried under it is found again.
        plan(scene, id, old.student.as_str(), (new_title, begins, takes))
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, key: CalendarKey) -> Result<Output, ToolError> {
        let meeting = &plan.plan().meeting;
        let mut tried = 1;
        let made = loop {
            match self.calendar.invite(&key, meeting, &scene.clock.zone()).await {
                Err(CalendarError::Unknown(why)) if tried < TRIES => {
                    tracing::warn!(why, tried, "nobody knows whether a meeting was made; tried again under its name");
                    tried += 1;
                }
                made => break made,
            }
        };
        let (Invited::Now | Invited::Before) = made.map_err(|fault| calendar_fault(scene, fault))?;
        Ok(Output {
            status: "scheduled",
            with: meeting.guest.as_str().to_owned(),
            title: meeting.title.as_str().to_owned(),
            starts: day_and_time(meeting.starts),
            minutes: meeting.minutes,
            event_id: meeting.id.as_str().to_owned(),
        })
    }

    fn did(&self, output: &Output) -> String {
        format!("Scheduled with {}, {}", output.with, output.starts)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Zoned, civil::date};

    use super::*;
    use crate::{
        assistant::toolbox::AnyTool,
        clock::{HeldClock, SystemIds},
        school::{School, SchoolFile, Teacher, TeacherId},
    };

    struct NoCalendar;

    #[async_trait]
    impl Calendar for NoCalendar {
        async fn events(
            &self,
            _: &CalendarKey,
            _: jiff::Timestamp,
            _: jiff::Timestamp,
        ) -> Result<Vec<crate::calendar::Event>, CalendarError> {
            Err(CalendarError::Unreachable)
        }

        async fn invite(&self, _: &CalendarKey, _: &Meeting, _: &jiff::tz::TimeZone) -> Result<Invited, CalendarError> {
            Err(CalendarError::Unreachable)
        }
    }

    fn with_scene<T>(act: impl FnOnce(&ScheduleMeeting, &Scene<'_>) -> T) -> T {
        let school = School::new(SchoolFile::parse(include_str!("../../data/school.json")).unwrap(), Vec::new());
        let noon: Zoned = date(2026, 11, 21).at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let clock = HeldClock::at(noon.timestamp());
        let teacher = Teacher { id: TeacherId::new("ada"), name: "Ada".into(), email: "ada@school.example".into() };
        let scene = Scene { teacher: &teacher, school: &school, clock: &clock, ids: &SystemIds };
        act(&ScheduleMeeting::new(Arc::new(NoCalendar)), &scene)
    }

    fn prepared(starts: &str, minutes: &str) -> Result<serde_json::Value, ToolError> {
        let said = format!(r#"{{"student_id":"s-1001","title":"Algebra","starts":"{starts}","minutes":{minutes}}}"#);
        with_scene(|tool, scene| AnyTool::prepare(tool, scene, &said))
    }

    #[test]
    fn what_the_teacher_sees_is_the_title_the_time_the_length_and_the_guest() {
        let plan = prepared("2026-11-24T15:00", "null").unwrap();
        let preview = with_scene(|tool, _| AnyTool::preview(tool, &plan)).unwrap();
        assert!(preview.rows[0].value.contains(" · "), "{:?}", preview.rows);
        assert_eq!((preview.field("starts"), preview.field("minutes")), ("2026-11-24 15:00", "30"));
        assert_eq!(preview.fields[1].label, "Begins (Tuesday)");
        assert_eq!(preview.outcomes.done, "scheduled");
    }

    #[test]
    fn a_time_that_has_passed_or_is_none_and_a_length_that_is_none_are_refused() {
        for (starts, minutes, told) in [
            ("2026-11-21T11:59", "30", "has passed"),
            ("Tuesday at three", "30", "such as 2026-11-24 15:00"),
            ("2026-02-30T10:00", "30", "such as 2026-11-24 15:00"),
            ("2026-11-24T15:00", "4", "from 5 to 480"),
            ("2026-11-24T15:00", "481", "from 5 to 480"),
        ] {
            let Err(ToolError::Tell(words)) = prepared(starts, minutes) else { panic!("{starts} {minutes}") };
            assert!(words.contains(told), "{words}");
        }
    }

    #[test]
    fn a_correction_keeps_the_name_of_the_event_and_nothing_else_can_be_changed() {
        let plan = prepared("2026-11-24T15:00", "45").unwrap();
        let edits = Edits::from([("starts".to_owned(), "2026-11-25 09:30".to_owned())]);
        let new = with_scene(|tool, scene| AnyTool::revise(tool, scene, &plan, &edits)).unwrap();
        assert_eq!(new["meeting"]["id"], plan["meeting"]["id"]);
        assert_eq!(new["meeting"]["starts"], "2026-11-25T09:30:00");
        let same = with_scene(|tool, scene| AnyTool::revise(tool, scene, &plan, &Edits::new())).unwrap();
        assert_eq!(same, plan, "untouched, it is what was shown");
        let address = Edits::from([("address".to_owned(), "evil@example.com".to_owned())]);
        assert!(with_scene(|tool, scene| AnyTool::revise(tool, scene, &plan, &address)).is_err());
    }
}

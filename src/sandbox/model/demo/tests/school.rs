//! A small school that answers the application's tools in their own shapes.

use serde_json::{Value, json};

const PASS: i64 = 700;
const FULL: i64 = 1000;

/// A student, by class index the grades in hundredths.
#[derive(Debug, Clone)]
pub struct Pupil {
    pub id: String,
    pub name: String,
    pub grades: Vec<(usize, [Option<i64>; 3])>,
}

/// What the teacher does with a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    Send,
    Edit(&'static str),
    Discard,
    Fail,
    Wait,
    Garbage,
}

#[derive(Debug, Clone)]
pub struct School {
    pub classes: Vec<(&'static str, &'static str, bool)>,
    pub pupils: Vec<Pupil>,
    /// The decisions on drafts, in turn; all are sent when none is left.
    pub decisions: Vec<Decision>,
    /// A tool that answers with an error.
    pub broken: Option<&'static str>,
}

impl School {
    pub fn sample() -> Self {
        let pupil = |id: &str, name: &str, grades: &[(usize, [Option<i64>; 3])]| Pupil {
            id: id.into(),
            name: name.into(),
            grades: grades.to_vec(),
        };
        let two = |a, b| [Some(a), Some(b), None];
        Self {
            classes: vec![
                ("Algebra I · 10B", "2026, second semester", true),
                ("World History · 9A", "2026, second semester", true),
                ("Biology · 10A", "2026, second semester", true),
                ("Biology · 10A", "2026, first semester", false),
                ("Chemistry · 11A", "2026, second semester", true),
            ],
            pupils: vec![
                pupil("s-1001", "Mateo Nguyen", &[(0, two(550, 610)), (3, [Some(700), Some(720), Some(701)])]),
                pupil("s-1002", "James Martinez", &[(1, two(300, 650)), (0, two(640, 700))]),
                pupil("s-1003", "Sofia García", &[(2, two(910, 940))]),
                pupil("s-1004", "Sofia Rossi", &[(0, two(700, 745))]),
                pupil("s-1005", "Zoë Müller", &[(2, two(880, 720))]),
                pupil("s-1006", "Priya Raman", &[(4, [None, None, None]), (1, two(820, 860))]),
                pupil("s-1007", "Ben O'Brien", &[(0, [Some(510), None, None])]),
            ],
            decisions: Vec::new(),
            broken: None,
        }
    }

    pub fn run(&mut self, tool: &str, arguments: &Value) -> String {
        if self.broken == Some(tool) {
            return json!({ "error": "The grade book is being repaired." }).to_string();
        }
        let text = |name: &str| arguments[name].as_str();
        match tool {
            "list_teaching_classes" => json!({ "classes": self.class_lines() }),
            "get_teaching_class" => self.class(text("class_id").expect("an id")),
            "list_students" => self.students(),
            "get_student" => self.student(text("student_id").expect("an id")),
            "forecast_passing" => self.forecast(text("class_id")),
            "show_chart" => Self::chart(arguments),
            "list_events" => json!({ "events": [
                { "day": "Tuesday, 24 November 2026", "starts": "16:00", "ends": "17:00", "title": "Staff meeting", "guests": 0 },
            ] }),
            "schedule_meeting" => json!({ "status": "scheduled", "starts": "Tuesday, 24 November 2026, 15:00" }),
            "send_email_to_student" => return self.mail(arguments).to_string(),
            other => panic!("no such tool: {other}"),
        }
        .to_string()
    }

    fn class_lines(&self) -> Vec<Value> {
        let line = |at: usize, (title, term, current): &(&str, &str, bool)| {
            let rows = self.rows(at);
            let count = |standing: &str| rows.iter().filter(|row| row["standing"] == standing).count();
            let all: Vec<i64> = self.grades_of(at).flatten().flatten().collect();
            let average = (!all.is_empty()).then(|| show(all.iter().sum::<i64>() / i64::try_from(all.len()).unwrap()));
            json!({
                "class_id": class_id(at), "title": title, "subject": title.split(" · ").next(), "term": term,
                "current": current, "students": rows.len(), "evaluations_graded": if average.is_some() { 2 } else { 0 },
                "average": average, "at_risk": count("at_risk"), "out_of_reach": count("out_of_reach"),
            })
        };
        self.classes.iter().enumerate().map(|(at, class)| line(at, class)).collect()
    }

    fn grades_of(&self, class: usize) -> impl Iterator<Item = [Option<i64>; 3]> {
        self.pupils
            .iter()
            .flat_map(|pupil| &pupil.grades)
            .filter(move |(at, _)| *at == class)
            .map(|(_, grades)| *grades)
    }

    fn rows(&self, class: usize) -> Vec<Value> {
        let of = |pupil: &Pupil| {
            let (_, grades) = pupil.grades.iter().find(|(at, _)| *at == class)?;
            let mut row = figures(*grades);
            row["student_id"] = json!(pupil.id);
            row["name"] = json!(pupil.name);
            Some(row)
        };
        self.pupils.iter().filter_map(of).collect()
    }

    fn class(&self, id: &str) -> Value {
        let at = (0..self.classes.len()).find(|at| class_id(*at) == id).expect("a known class");
        let (title, term, current) = self.classes[at];
        json!({ "class_id": id, "title": title, "term": term, "current": current, "students": self.rows(at), "summary": {} })
    }

    fn in_classes(&self, pupil: &Pupil) -> Vec<Value> {
        let of = |(at, grades): &(usize, [Option<i64>; 3])| {
            let (title, term, current) = self.classes[*at];
            let mut row = figures(*grades);
            row["class_id"] = json!(class_id(*at));
            row["title"] = json!(title);
            row["term"] = json!(term);
            row["current"] = json!(current);
            row
        };
        pupil.grades.iter().map(of).collect()
    }

    fn students(&self) -> Value {
        let few = |mut row: Value| {
            let known = ["class_id", "title", "standing", "average_so_far", "needed"];
            row.as_object_mut().expect("a row").retain(|name, _| known.contains(&name.as_str()));
            row
        };
        let one = |pupil: &Pupil| {
            let classes: Vec<Value> = self.in_classes(pupil).into_iter().map(few).collect();
            json!({ "student_id": pupil.id, "name": pupil.name, "classes": classes })
        };
        json!({ "students": self.pupils.iter().map(one).collect::<Vec<_>>() })
    }

    fn student(&self, id: &str) -> Value {
        match self.pupils.iter().find(|pupil| pupil.id == id) {
            Some(pupil) => json!({ "student_id": id, "name": pupil.name, "classes": self.in_classes(pupil) }),
            None => json!({ "error": "You have no such student." }),
        }
    }

    fn forecast(&self, class: Option<&str>) -> Value {
        let mut rows = Vec::new();
        for (at, (title, _, current)) in self.classes.iter().enumerate() {
            if class.map_or(*current, |class| class == class_id(at)) {
                for mut row in self.rows(at) {
                    row.as_object_mut().expect("a row").remove("evaluations");
                    row["class_id"] = json!(class_id(at));
                    row["class"] = json!(title);
                    rows.push(row);
                }
            }
        }
        json!({ "pass_mark": "7.00", "students": rows })
    }

    fn chart(arguments: &Value) -> Value {
        let of = [&arguments["class_id"], &arguments["student_id"]].map(|id| id.as_str().unwrap_or("all"));
        let title = format!("{} of {}", arguments["kind"].as_str().expect("a kind"), of.join(" and "));
        json!({ "title": title, "at_a_glance": "17 of 24 reach 7.00", "columns": [], "rows": [] })
    }

    fn mail(&mut self, arguments: &Value) -> Value {
        let decision = if self.decisions.is_empty() { Decision::Send } else { self.decisions.remove(0) };
        let id = arguments["student_id"].as_str().expect("an id");
        let name = self.pupils.iter().find(|pupil| pupil.id == id).map(|pupil| pupil.name.clone());
        let sent = |body: &Value| json!({ "status": "sent", "to": name, "sent_at": "14:02", "subject": arguments["subject"], "body": body });
        match decision {
            Decision::Send => sent(&arguments["body"]),
            Decision::Edit(body) => sent(&json!(body)),
            Decision::Discard => json!({ "status": "discarded" }),
            Decision::Fail => json!({ "status": "failed", "reason": "Gmail's daily limit is reached." }),
            Decision::Wait => json!({ "status": "not_decided" }),
            Decision::Garbage => json!("the tool fell over"),
        }
    }
}

fn class_id(at: usize) -> String {
    format!("c-{:02}", at + 1)
}

fn show(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn figures(grades: [Option<i64>; 3]) -> Value {
    let given: Vec<i64> = grades.iter().flatten().copied().collect();
    let (sum, known) = (given.iter().sum::<i64>(), i64::try_from(given.len()).unwrap());
    let rest = 3 - known;
    let needed = if rest > 0 { Some((3 * PASS - sum + rest - 1) / rest) } else { None };
    let standing = match needed {
        _ if known == 0 => "no_data",
        None if sum >= 3 * PASS => "passed",
        None => "failed",
        Some(needed) if needed <= 0 => "secured",
        Some(needed) if needed <= PASS => "on_track",
        Some(needed) if needed <= FULL => "at_risk",
        Some(_) => "out_of_reach",
    };
    json!({
        "evaluations": grades.map(|grade| grade.map(show)), "graded": known,
        "average_so_far": (known > 0).then(|| show(sum / known)), "needed": needed.filter(|_| known > 0).map(show),
        "best_possible": show((sum + rest * FULL) / 3), "average_if_rest_zero": show(sum / 3), "standing": standing,
    })
}

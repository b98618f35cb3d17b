use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::*;

const TODAY: Date = date(2026, 11, 21);

const TWO_TEACHERS: &str = r#"{
  "current": { "year": 2026, "semester": 2 },
  "students": [
    { "id": "s-01", "name": "Zoë Adams", "email": "zoe@example.com" },
    { "id": "s-02", "name": "Ben Adams", "email": "ben@example.com" },
    { "id": "s-03", "name": "Cleo Ömer" },
    { "id": "s-04", "name": "Noor van Dijk", "family": "van Dijk" },
    { "id": "s-05", "name": "Shared Pupil" },
    { "id": "s-06", "name": "Nobody's Pupil" }
  ],
  "classes": [
    { "id": "c-01", "subject": "Physics", "group": "1", "year": 2026, "semester": 2, "teacher": "ada@school.example",
      "roster": [
        { "student": "s-04", "evaluations": [null, null, null] },
        { "student": "s-03", "evaluations": [5, null, null] },
        { "student": "s-01", "evaluations": [8, 9, null] },
        { "student": "s-02", "evaluations": [3, 6.5, null] } ] },
    { "id": "c-02", "subject": "Chemistry", "group": "1", "year": 2026, "semester": 1, "teacher": "ada@school.example",
      "roster": [ { "student": "s-01", "evaluations": [7, 7, 7] }, { "student": "s-05", "evaluations": [6.33, 7.33, 7.33] } ] },
    { "id": "c-03", "subject": "Art", "group": "2", "year": 2026, "semester": 2, "teacher": "Grace@school.example",
      "roster": [ { "student": "s-05", "evaluations": [9, null, null] } ] },
    { "id": "c-04", "subject": "Algebra", "group": "1", "year": 2026, "semester": 2, "teacher": "ada@school.example",
      "roster": [ { "student": "s-01", "evaluations": [10, 10, null] } ] }
  ]
}"#;

fn teacher(id: &str, email: &str) -> Teacher {
    Teacher { id: TeacherId::new(id), name: id.to_owned(), email: email.to_owned() }
}

fn ada() -> Teacher {
    teacher("ada", "ADA@school.example")
}

fn grace() -> Teacher {
    teacher("grace", "grace@school.example")
}

fn school() -> School {
    School::new(SchoolFile::parse(TWO_TEACHERS).unwrap(), Vec::new())
}

fn sample() -> School {
    School::new(SchoolFile::parse(include_str!("../../data/school.json")).unwrap(), Vec::new())
}

fn student(id: &str) -> StudentId {
    StudentId::parse(id).unwrap()
}

fn class(id: &str) -> ClassId {
    ClassId::parse(id).unwrap()
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn names(students: &[StudentView]) -> Vec<&str> {
    students.iter().map(|student| student.name.as_str()).collect()
}

#[test]
fn a_teacher_sees_her_own_classes_current_term_first_then_by_title() {
    let titles = |teacher| school().classes(&teacher, TODAY).into_iter().map(|class| class.title).collect::<Vec<_>>();
    assert_eq!(titles(ada()), ["Algebra · 1", "Physics · 1", "Chemistry · 1"]);
    assert_eq!(titles(grace()), ["Art · 2"]);
    assert!(titles(teacher("eve", "eve@school.example")).is_empty());
    assert!(titles(teacher("eve", "")).is_empty());
}

#[test]
fn grace_cannot_tell_adas_class_or_student_from_one_that_is_not_there() {
    let school = school();
    for id in ["c-01", "c-99"] {
        assert_eq!(school.class(&grace(), &class(id), TODAY), None);
    }
    for id in ["s-01", "s-06", "s-99"] {
        assert_eq!(school.student(&grace(), &student(id), TODAY), None);
        assert_eq!(school.set_address(&grace(), &student(id), email("eve@example.com")), Err(NoSuchStudent));
    }
    assert_eq!(names(&school.students(&grace(), TODAY)), ["Shared Pupil"]);
    assert!(school.find_students(&grace(), "zoe").is_empty());
    let adas =
        school.students(&ada(), TODAY).iter().find(|one| school.student(&grace(), &one.id, TODAY).is_none()).cloned();
    let name = adas.unwrap().name;
    assert!(school.named_in(&grace(), &format!("What {name} wrote")).is_empty(), "nor from the names in a text");
    assert_eq!(school.named_in(&ada(), &format!("What {name} wrote")).len(), 1);
    assert!(school.class(&ada(), &class("c-01"), TODAY).is_some(), "the same questions are answered to ada");
    assert!(school.student(&ada(), &student("s-01"), TODAY).is_some());
}

#[test]
fn a_shared_student_shows_each_teacher_only_her_own_classes() {
    let school = school();
    let seen = |teacher| {
        let shared = school.student(&teacher, &student("s-05"), TODAY).unwrap();
        shared.enrolments.into_iter().map(|enrolment| enrolment.title).collect::<Vec<_>>()
    };
    assert_eq!((seen(ada()), seen(grace())), (vec!["Chemistry · 1".to_owned()], vec!["Art · 2".to_owned()]));
}

#[test]
fn a_student_comes_alone_as_in_the_list() {
    let school = school();
    for listed in school.students(&ada(), TODAY).iter() {
        assert_eq!(school.student(&ada(), &listed.id, TODAY).as_ref(), Some(listed));
    }
    for listed in school.classes(&ada(), TODAY) {
        assert_eq!(school.class(&ada(), &listed.id.clone(), TODAY), Some(listed));
    }
}

#[test]
fn rosters_and_lists_go_by_family_name() {
    let physics = school().class(&ada(), &class("c-01"), TODAY).unwrap();
    let roster: Vec<_> = physics.roster.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(roster, ["Ben Adams", "Zoë Adams", "Cleo Ömer", "Noor van Dijk"]);
    let school = school();
    let all = school.students(&ada(), TODAY);
    assert_eq!(names(&all), ["Ben Adams", "Zoë Adams", "Cleo Ömer", "Shared Pupil", "Noor van Dijk"]);
    assert_eq!((all[4].given_name.as_str(), all[4].family_name.as_str()), ("Noor", "van Dijk"));
}

#[test]
fn a_class_is_summed_up_exactly() {
    let summary = school().class(&ada(), &class("c-01"), TODAY).unwrap().summary;
    assert_eq!((summary.students, summary.graded), (4, [3, 2, 0]));
    let counts = summary.standings;
    assert_eq!((counts.on_track, counts.at_risk, counts.out_of_reach, counts.no_data), (1, 1, 1, 1));
    // (8.50 + 4.75 + 5.00) / 3
    assert_eq!(summary.average.unwrap().to_string(), "6.08");
    let chemistry = school().class(&ada(), &class("c-02"), TODAY).unwrap().summary;
    assert_eq!((chemistry.standings.passed, chemistry.standings.failed), (1, 1));
    assert_eq!(chemistry.average, Average::of(4199, 6));
}

#[test]
fn the_school_moves_with_the_calendar_as_a_whole() {
    let school = school();
    for (today, current, past) in [
        (date(2026, 7, 1), "2026, second semester", "2026, first semester"),
        (date(2027, 1, 1), "2027, first semester", "2026, second semester"),
        (date(2031, 12, 31), "2031, second semester", "2031, first semester"),
        (date(2020, 6, 30), "2020, first semester", "2019, second semester"),
    ] {
        let classes = school.classes(&ada(), today);
        let terms: Vec<_> = classes.iter().map(|class| (class.term.to_string(), class.is_current)).collect();
        assert_eq!(terms, [(current.to_owned(), true), (current.to_owned(), true), (past.to_owned(), false)]);
        assert_eq!(school.student(&ada(), &student("s-01"), today).unwrap().enrolments[2].term.to_string(), past);
    }
}

#[test]
fn a_new_address_is_seen_by_the_teacher_who_set_it_and_by_nobody_else() {
    let school = school();
    let address = |teacher| school.student(&teacher, &student("s-05"), TODAY).unwrap().email;
    let change = school.set_address(&ada(), &student("s-05"), email("new@example.org")).unwrap();
    assert_eq!(change.teacher, ada().id);
    assert_eq!((address(ada()), address(grace())), (Some(email("new@example.org")), None));
    let roster = school.class(&ada(), &class("c-02"), TODAY).unwrap().roster;
    assert_eq!(roster[1].email, Some(email("new@example.org")));
}

#[test]
fn a_proposed_address_changes_nothing_until_it_is_applied() {
    let school = school();
    let address = || school.student(&ada(), &student("s-03"), TODAY).unwrap().email;
    let change = school.propose_address(&ada(), &student("s-03"), email("cleo@example.org")).unwrap();
    assert_eq!(address(), None);
    school.apply(change);
    assert_eq!(address(), Some(email("cleo@example.org")));
}

#[test]
fn changes_are_there_again_after_a_restart_and_the_last_one_counts() {
    let change = |id: &str, text: &str| AddressChange { teacher: ada().id, student: student(id), email: email(text) };
    let changes =
        vec![change("s-03", "a@example.org"), change("s-99", "b@example.org"), change("s-03", "c@example.org")];
    let school = School::new(SchoolFile::parse(TWO_TEACHERS).unwrap(), changes);
    let address = |teacher: &Teacher| school.student(teacher, &student("s-03"), TODAY).unwrap().email;
    assert_eq!(address(&ada()), Some(email("c@example.org")));
    assert_eq!(address(&teacher("other", "ada@school.example")), None);
    assert_eq!(school.student(&ada(), &student("s-99"), TODAY), None);
}

#[test]
fn a_class_that_changes_hands_is_lost_at_the_next_question() {
    let school = school();
    school.set_address(&ada(), &student("s-03"), email("cleo@example.org")).unwrap();
    let elsewhere = Teacher { email: "ada@elsewhere.example".into(), ..ada() };
    assert_eq!(school.student(&elsewhere, &student("s-03"), TODAY), None);
}

#[test]
fn what_a_model_may_read_holds_no_address() {
    let (school, anyone) = (sample(), ada());
    let read = serde_json::to_string(&(school.classes(&anyone, TODAY), &*school.students(&anyone, TODAY))).unwrap();
    assert!(!read.contains('@') && read.contains("\"has_address\":true"), "{read}");
}

#[test]
fn students_are_found_by_name_whole_words_first() {
    let (school, anyone) = (sample(), ada());
    let found = |words| {
        let found = school.find_students(&anyone, words);
        found.into_iter().map(|student| (student.name, student.whole_words)).collect::<Vec<_>>()
    };
    assert_eq!(found("mateo"), [("Mateo Nguyen".to_owned(), true)]);
    assert_eq!(found("James"), [("James Martinez".to_owned(), true)]);
    assert_eq!(found("noor").len(), 2);
    assert_eq!(
        found("Johnson").iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["Ava Johnson", "Malik Johnson"]
    );
    assert_eq!(found("obrien siob"), [("Siobhán O'Brien".to_owned(), false)]);
    assert!(found("").is_empty() && found("Zaphod").is_empty());
}

#[test]
fn sixty_four_ask_at_once_while_addresses_change() {
    let school = school();
    std::thread::scope(|scope| {
        for number in 0..64 {
            let school = &school;
            scope.spawn(move || {
                let me = teacher(&format!("t-{number}"), "ada@school.example");
                for round in 0..20 {
                    let mine = email(&format!("a{number}-{round}@example.org"));
                    school.set_address(&me, &student("s-01"), mine.clone()).unwrap();
                    assert_eq!(school.student(&me, &student("s-01"), TODAY).unwrap().email, Some(mine.clone()));
                    let listed = school.students(&me, TODAY);
                    assert_eq!(listed.len(), 5);
                    let first = listed.iter().find(|one| one.id == student("s-01")).unwrap();
                    assert_eq!(first.email, Some(mine.clone()), "no list outlives a change");
                }
            });
        }
    });
}

#[test]
fn a_list_is_of_the_day_it_was_asked_for() {
    let school = school();
    let later = TODAY.saturating_add(jiff::Span::new().years(1));
    for day in [TODAY, later, TODAY] {
        assert_eq!(school.students(&ada(), day), self::school().students(&ada(), day), "{day}");
    }
    assert_ne!(school.students(&ada(), TODAY), school.students(&ada(), later), "the term is another");
}

/// The demo's story and the suggested questions rely on these facts.
#[test]
fn the_sample_school_is_large_enough_and_holds_its_two_strugglers() {
    let (school, anyone) = (sample(), ada());
    let (classes, students) = (school.classes(&anyone, TODAY), school.students(&anyone, TODAY));
    assert!(classes.len() >= 6 && students.len() >= 40, "{} classes, {} students", classes.len(), students.len());
    assert_eq!(classes.iter().map(|class| class.term).collect::<BTreeSet<_>>().len(), 2);
    let expected: Vec<_> = (1..=classes.len()).map(|number| format!("c-{number:02}")).collect();
    let ids: BTreeSet<_> = classes.iter().map(|class| class.id.to_string()).collect();
    assert!(ids.iter().eq(expected.iter()), "{ids:?}");
    assert!(students.iter().all(|student| student.email.as_ref().unwrap().as_str().ends_with("@example.com")));

    let standing = |id: &str, title: &str| {
        let student = students.iter().find(|view| view.id.as_str() == id).unwrap();
        let enrolment = student.enrolments.iter().find(|enrolment| enrolment.title == title).unwrap();
        assert!(enrolment.is_current);
        (student.name.as_str(), enrolment.outlook.standing, enrolment.outlook.needed.unwrap().to_string())
    };
    assert_eq!(standing("s-1001", "Algebra I · 10B"), ("Mateo Nguyen", Standing::AtRisk, "9.40".into()));
    assert_eq!(standing("s-1002", "World History · 10B"), ("James Martinez", Standing::OutOfReach, "11.50".into()));
    assert_eq!(standing("s-1002", "Algebra I · 10B"), ("James Martinez", Standing::AtRisk, "8.80".into()));
}

#[test]
fn the_sample_school_is_believable() {
    let (school, anyone) = (sample(), ada());
    let (current, past): (Vec<_>, Vec<_>) =
        school.classes(&anyone, TODAY).into_iter().partition(|class| class.is_current);
    for class in past {
        let counts = class.summary.standings;
        assert_eq!(class.summary.graded, [class.roster.len(); EVALUATIONS], "{}", class.title);
        assert!(counts.passed > 2 * counts.failed, "{}: {counts:?}", class.title);
    }
    for class in &current {
        let (counts, graded) = (class.summary.standings, class.summary.graded);
        assert!(graded[0] > 0 && graded[2] == 0, "{}: {graded:?}", class.title);
        assert!(counts.on_track > counts.at_risk + counts.out_of_reach, "{}: {counts:?}", class.title);
    }
    assert!(current.iter().any(|class| class.summary.standings.no_data >= 3));
    let excellent = |row: &&RosterRow| {
        row.outlook.average.is_some_and(|average| average.cmp_grade(Grade::parse("9").unwrap()).is_ge())
    };
    assert!(current.iter().flat_map(|class| &class.roster).filter(excellent).count() >= 5);
    let all = school.students(&anyone, TODAY);
    let names = || all.iter().map(|student| student.name.as_str());
    assert_eq!(names().collect::<BTreeSet<_>>().len(), all.len());
    for sign in ["'", "-", "é", "ø", " van "] {
        assert!(names().any(|name| name.contains(sign)), "{sign}");
    }
}

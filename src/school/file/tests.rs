use serde_json::json;

use super::*;

fn sound() -> Value {
    json!({
        "current": { "year": 2026, "semester": 2 },
        "students": [
            { "id": "s-1001", "name": "Mateo Nguyen", "email": "mateo.nguyen@example.com" },
            { "id": "s-1002", "name": "James Martinez" }
        ],
        "classes": [{
            "id": "c-01", "subject": "Algebra I", "group": "10B", "year": 2026, "semester": 2,
            "teacher": "ada@school.example",
            "roster": [
                { "student": "s-1001", "evaluations": [5.50, 6.1, null] },
                { "student": "s-1002", "evaluations": [null, null, null] }
            ]
        }]
    })
}

fn faults(file: &Value) -> Vec<String> {
    match SchoolFile::parse(&file.to_string()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// Puts a value at a pointer and expects exactly one fault.
fn the_fault(pointer: &str, value: Value) -> String {
    let mut file = sound();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match file.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[field.parse::<usize>().unwrap()] = value,
        object => object[field] = value,
    }
    let found = faults(&file);
    assert_eq!(found.len(), 1, "{pointer}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_sound_file_is_read_as_it_stands() {
    let file = SchoolFile::parse(&sound().to_string()).unwrap();
    let class = &file.classes[0];
    assert_eq!((class.title(), class.term.to_string()), ("Algebra I · 10B".into(), "2026, second semester".into()));
    assert_eq!(class.teacher.as_ref().map(EmailAddress::as_str), Some("ada@school.example"));
    let grades = class.roster[0].evaluations.map(|grade| grade.map(Grade::hundredths));
    assert_eq!(grades, [Some(550), Some(610), None]);
    assert_eq!(file.students.len(), 2);
}

#[test]
fn a_byte_order_mark_is_forgiven() {
    assert!(SchoolFile::parse(&format!("\u{feff}{}", sound())).is_ok());
}

#[test]
fn each_fault_names_its_class_and_student_and_says_what_would_be_right() {
    let roster = "/classes/0/roster";
    let rows = [
        (
            format!("{roster}/0/evaluations/1"),
            json!(10.5),
            "class c-01 (Algebra I · 10B), student s-1001 (Mateo Nguyen): evaluation 2 is 10.5; a grade is a number \
             from 0 to 10 with at most two decimals, or null",
        ),
        (format!("{roster}/0/evaluations/0"), json!(7.255), "evaluation 1 is 7.255; a grade is"),
        (format!("{roster}/0/evaluations/0"), json!(-1), "evaluation 1 is -1; a grade is"),
        (format!("{roster}/0/evaluations/0"), json!("7"), "evaluation 1 is \"7\"; a grade is"),
        (format!("{roster}/0/evaluations"), json!([7, 7]), "“evaluations” has 2 entries; there are 3, null where"),
        (format!("{roster}/0/evaluations"), json!(7), "(Mateo Nguyen): “evaluations” is 7; here stands a list"),
        (format!("{roster}/0/student"), json!("s-1003"), "10B), student s-1003: no student of the file has this id"),
        (format!("{roster}/0/student"), json!("s-1002"), "student s-1002 (James Martinez): sits in this class twice"),
        (
            format!("{roster}/0/student"),
            json!("Mateo"),
            "student no. 1 of the roster: “student” is \"Mateo\": a student's id is s- and 2 to 12 digits, such as s-1001",
        ),
        (format!("{roster}/0/mark"), json!(7), "(Mateo Nguyen): \"mark\" is not a field that is known here"),
        (roster.to_owned(), json!([]), "class c-01 (Algebra I · 10B): “roster” is empty; a class has at least one"),
        ("/classes/0/semester".into(), json!(3), "class c-01 (Algebra I · 10B): “semester” is 3; a semester is 1"),
        ("/classes/0/year".into(), json!("2026"), "“year” is \"2026\"; a year is a number such as 2026"),
        ("/classes/0/subject".into(), json!(" "), "class c-01: “subject” is empty: a name has at least one letter"),
        ("/classes/0/group".into(), json!("10\nB"), "class c-01: “group” is \"10\\nB\": a name has no control"),
        ("/classes/0/teacher".into(), json!("ada"), "(Algebra I · 10B): “teacher” is \"ada\": give one plain address"),
        ("/classes/0/teacher".into(), json!(""), "“teacher” is empty: an address is needed"),
        ("/classes/0/id".into(), json!("algebra"), "class no. 1 of the list (Algebra I · 10B): “id” is \"algebra\""),
        ("/classes/0".into(), json!("c-01"), "class no. 1 of the list: is \"c-01\"; here stands an object in braces"),
        ("/students/0/name".into(), json!(""), "student s-1001: “name” is empty"),
        (
            "/students/0/name".into(),
            json!("M\u{7}ateo"),
            "student s-1001: “name” is \"M\\u{7}ateo\": a name has no control",
        ),
        (
            "/students/0/family".into(),
            json!("Tran"),
            "s-1001 (Mateo Nguyen): “name” is \"Mateo Nguyen\": a full name begins",
        ),
        ("/students/0/email".into(), json!("mateo@"), "student s-1001 (Mateo Nguyen): “email” is \"mateo@\": the part"),
        ("/students/0/email".into(), json!(null), "“email” is null; here stands a text in quotes"),
        ("/students/0/phone".into(), json!("1"), "student s-1001 (Mateo Nguyen): \"phone\" is not a field"),
        ("/current/semester".into(), json!(0), "the current term: “semester” is 0"),
        ("/current".into(), json!("2026-2"), "the current term: is \"2026-2\"; here stands an object"),
        ("/teachers".into(), json!([]), "\"teachers\" is not a field that is known here"),
    ];
    for (pointer, value, expected) in rows {
        let fault = the_fault(&pointer, value);
        assert!(fault.contains(expected), "{pointer}\n   said: {fault}\nexpected: {expected}");
    }
}

#[test]
fn an_id_used_twice_is_a_fault_of_the_second() {
    let mut file = sound();
    let (student, class) = (file["students"][0].clone(), file["classes"][0].clone());
    file["students"].as_array_mut().unwrap().push(student);
    file["classes"].as_array_mut().unwrap().push(class);
    assert_eq!(
        faults(&file),
        [
            "student s-1001 (Mateo Nguyen): the id is used twice; each student has an id of their own",
            "class c-01 (Algebra I · 10B): the id is used twice; each class has an id of its own",
        ]
    );
}

#[test]
fn a_missing_field_is_named() {
    for (record, field) in [("/students/0", "name"), ("/classes/0", "roster"), ("/current", "year"), ("", "classes")] {
        let mut file = sound();
        file.pointer_mut(record).unwrap().as_object_mut().unwrap().remove(field);
        let found = faults(&file);
        assert!(found.iter().any(|fault| fault.ends_with(&format!("“{field}” is missing"))), "{field}: {found:?}");
    }
}

#[test]
fn all_faults_come_together_and_none_is_blamed_twice() {
    let file = json!({
        "current": { "year": 2026, "semester": 3 },
        "students": [
            { "id": "s-1001", "name": "", "email": "nobody" },
            { "id": "s-1001", "name": "James Martinez" },
            7
        ],
        "classes": [
            { "id": "c-01", "subject": "Algebra I", "group": "10B", "year": 2026, "semester": 2, "roster": [
                { "student": "s-1001", "evaluations": [11, 7.123, true] },
                { "student": "s-1099", "evaluations": [] }
            ] },
            { "id": "c-02", "subject": "Biology", "group": "1", "year": 2026, "semester": 1, "roster": [] }
        ]
    });
    let told = SchoolFile::parse(&file.to_string()).unwrap_err();
    let lines = told.to_string();
    assert_eq!(told.iter().count(), 11, "{lines}");
    assert!(lines.starts_with("the school file has 11 faults:\n  - the current term: “semester” is 3"), "{lines}");
    assert_eq!(lines.lines().count(), 12, "one line each: {lines}");
    let algebra = told.iter().filter(|fault| fault.class() == Some("c-01 (Algebra I · 10B)")).count();
    assert_eq!(algebra, 5, "{lines}");
}

#[test]
fn broken_json_is_told_with_line_and_column() {
    let said = |json: &str| SchoolFile::parse(json).unwrap_err().to_string();
    assert!(said("{\n  \"current\": {,\n").contains("line 2 column 15"), "{}", said("{\n  \"current\": {,\n"));
    assert!(said("").contains("line 1 column 0"));
    assert!(said(&"[".repeat(100_000)).contains("recursion limit"));
    assert!(said("[1] 2").contains("trailing characters at line 1 column 5"));
    assert!(said("[]").contains("is a list; here stands an object in braces"));
}

#[test]
fn a_field_said_twice_is_refused_rather_than_half_read() {
    let said = SchoolFile::parse("{\"current\": 1,\n\"current\": 2}").unwrap_err().to_string();
    assert!(said.contains("the field \"current\" stands here twice at line 2"), "{said}");
}

proptest::proptest! {
    #[test]
    fn no_file_makes_the_reader_panic(at in 0usize..2000, with in ".{0,3}") {
        let sound = serde_json::to_string_pretty(&sound()).unwrap();
        let mut at = at.min(sound.len());
        while !sound.is_char_boundary(at) { at -= 1; }
        let (before, after) = sound.split_at(at);
        let next = after.chars().next().map_or(0, char::len_utf8);
        if let Err(faults) = SchoolFile::parse(&format!("{before}{with}{}", &after[next..])) {
            proptest::prop_assert!(faults.iter().count() > 0);
        }
    }
}

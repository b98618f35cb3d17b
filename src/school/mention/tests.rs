use std::collections::BTreeSet;

use crate::school::{School, SchoolFile, StudentId, Teacher, TeacherId};

const SCHOOL: &str = r#"{
  "current": { "year": 2026, "semester": 2 },
  "students": [
    { "id": "s-01", "name": "Mateo Silva", "email": "mateo@example.com" },
    { "id": "s-02", "name": "Zoë Lima", "email": "zoe.lima@example.com" },
    { "id": "s-03", "name": "Mark Twain" },
    { "id": "s-04", "name": "Grace Adeyemi" },
    { "id": "s-05", "name": "Noor van Dijk", "family": "van Dijk" },
    { "id": "s-06", "name": "Noor Haddad" },
    { "id": "s-07", "name": "Mei-Ling Chen" },
    { "id": "s-08", "name": "Siobhán O'Brien" },
    { "id": "s-09", "name": "Beatriz Álvarez Luna", "family": "Álvarez Luna" },
    { "id": "s-10", "name": "Bo Li" },
    { "id": "s-99", "name": "Stranger Danger" }
  ],
  "classes": [
    { "id": "c-01", "subject": "Physics", "group": "1", "year": 2026, "semester": 2, "teacher": "ada@school.example",
      "roster": [
        { "student": "s-01", "evaluations": [5, null, null] }, { "student": "s-02", "evaluations": [5, null, null] },
        { "student": "s-03", "evaluations": [5, null, null] }, { "student": "s-04", "evaluations": [5, null, null] },
        { "student": "s-05", "evaluations": [5, null, null] }, { "student": "s-06", "evaluations": [5, null, null] },
        { "student": "s-07", "evaluations": [5, null, null] }, { "student": "s-08", "evaluations": [5, null, null] },
        { "student": "s-09", "evaluations": [5, null, null] }, { "student": "s-10", "evaluations": [5, null, null] } ] },
    { "id": "c-02", "subject": "Art", "group": "1", "year": 2026, "semester": 2, "teacher": "other@school.example",
      "roster": [ { "student": "s-99", "evaluations": [5, null, null] } ] }
  ]
}"#;

/// Whom the text can name, by the digits of their ids.
fn named(text: &str) -> Vec<String> {
    named_by("Ada Byron", text)
}

fn named_by(teacher: &str, text: &str) -> Vec<String> {
    let school = School::new(SchoolFile::parse(SCHOOL).unwrap(), Vec::new());
    let ada = Teacher { id: TeacherId::new("ada"), name: teacher.into(), email: "ada@school.example".into() };
    let students: BTreeSet<StudentId> =
        school.named_in(&ada, text).into_iter().flat_map(|mention| mention.students).map(|(id, _)| id).collect();
    students.iter().map(|id| id.as_str().trim_start_matches("s-").to_owned()).collect()
}

#[test]
fn a_student_is_found_however_the_name_is_written() {
    for text in [
        "Zoë Lima has 4.50",
        "zoe lima",
        "Lima, Zoë",
        "ZOE",
        "Z o ë is ill",
        "Z.O.E. is ill",
        "Z0e",
        "Z\u{43e}\u{435} Lima",
        "Ｚｏｅ",
        "𝐙𝐨𝐞",
        "Zo\u{65}\u{308}",
        "Zoe's grades",
        "the girl Lima",
        "s-02 has 4.50",
        "S-02",
        "(s02)",
        "zoe.lima@example.com",
        "ask ZOE.LIMA@EXAMPLE.COM",
        "ZoeLima",
        "Zo-eL-ima",
        "Zo e Li ma",
        "amil eoz",
        "amiLeoZ",
        "subject Zoe\nLima begins the text",
    ] {
        assert_eq!(named(text), ["02"], "{text}");
    }
    assert_eq!(named("Mei-Ling and Mei Ling, and Mei"), ["07"]);
    assert_eq!(named("O’Brien, Siobhan"), ["08"]);
    assert_eq!(named("Luna did well"), ["09"]);
}

#[test]
fn a_shared_first_name_can_mean_each_who_bears_it() {
    assert_eq!(named("Noor is here"), ["05", "06"]);
    assert_eq!(named("Noor Haddad is here"), ["06"]);
    assert_eq!(named("noor van dijk is here"), ["05"]);
}

#[test]
fn ordinary_words_are_not_taken_for_names() {
    for text in [
        "A good mark is in reach. Mark the date in your book.",
        "with grace and hope",
        "Grace under pressure is what you showed.",
        "in the zone, limas and lime",
        "bo and li are no words, nor is a lime",
        "You are a stranger in danger",
        "1 and 2, s 1",
    ] {
        assert_eq!(named(text), Vec::<String>::new(), "{text}");
    }
    for text in ["write to Mark", "Mark has a 4.50", "Mark, come here", "It is Mark's", "Mark and others"] {
        assert_eq!(named(text), ["03"], "{text}");
    }
    assert_eq!(named("I saw Bo there"), ["10"]);
}

#[test]
fn the_teachers_own_name_names_no_student() {
    let by_grace = |text| named_by("Grace Hopper", text);
    assert_eq!(by_grace("Dear you,\n\nGrace Hopper"), Vec::<String>::new());
    assert_eq!(by_grace("Dear you,\nbest wishes\n\nGrace"), Vec::<String>::new());
    assert_eq!(by_grace("Dear you,\nbest wishes\n\nMs Hopper\n"), Vec::<String>::new());
    assert_eq!(by_grace("I said to Grace that she fails.\n\nGrace Hopper"), ["04"]);
    assert_eq!(named_by("Ms. Noor Lima", "so says Ms Lima"), Vec::<String>::new());
    assert_eq!(named_by("Ms. Noor Lima", "so says Lima"), ["02"]);
}

#[test]
fn nobody_is_found_twice_in_one_place_and_the_places_are_in_order() {
    let school = School::new(SchoolFile::parse(SCHOOL).unwrap(), Vec::new());
    let ada = Teacher { id: TeacherId::new("ada"), name: "Ada".into(), email: "ada@school.example".into() };
    let said: Vec<_> =
        school.named_in(&ada, "Mateo Silva, then Zoe, then Mateo").into_iter().map(|m| (m.at, m.said)).collect();
    assert_eq!(said, [(0, "Mateo Silva".to_owned()), (3, "Zoe".to_owned()), (5, "Mateo".to_owned())]);
}

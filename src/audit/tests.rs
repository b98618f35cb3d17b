//! The chain on its own: what a thief with a pen could do to it.

use super::*;

fn entry(outcome: &str) -> Entry {
    let teacher = TeacherId::new("t");
    Entry { tool: Some("get_student".into()), ..Entry::by(&teacher, Kind::ToolCall, outcome) }
}

fn rows(count: i64) -> (Vec<Row>, Head) {
    let mut head = Head::default();
    let mut rows = Vec::new();
    for n in 1..=count {
        let row = head.link(&entry(&format!("done {n}")), n * 1000);
        head = Head { seq: row.seq, hash: row.hash.clone() };
        rows.push(row);
    }
    (rows, head)
}

fn walk(rows: &[Row], head: &Head, noted: Option<Head>) -> Result<(), Broken> {
    let mut chain = Chain::through(noted);
    rows.iter().try_for_each(|row| chain.follow(row))?;
    chain.end(head)
}

#[test]
fn what_was_written_is_whole_and_reads_as_it_was_said() {
    let (rows, head) = rows(5);
    assert_eq!(walk(&rows, &head, None), Ok(()));
    assert_eq!(walk(&rows, &head, Some(Head { seq: 3, hash: rows[2].hash.clone() })), Ok(()));
    let record = rows[1].clone().read().expect("reads");
    assert_eq!((record.seq, record.entry), (2, entry("done 2")));
    assert_eq!(Head::parse(&head.to_string()), Some(head));
}

#[test]
fn a_change_in_any_field_of_any_row_is_named() {
    let changes: [fn(&mut Row); 14] = [
        |row| row.at += 1,
        |row| row.teacher = Some("u".into()),
        |row| row.teacher = None,
        |row| row.kind.push('x'),
        |row| row.tool = None,
        |row| row.students.push(' '),
        |row| row.connection = Some(String::new()),
        |row| row.scopes.push(' '),
        |row| row.conversation = Some("c".into()),
        |row| row.turn = Some("c".into()),
        |row| row.call = Some("c".into()),
        |row| row.approval = Some("c".into()),
        |row| row.outcome = "failed".into(),
        |row| row.detail = "{ }".into(),
    ];
    for at in 0..4 {
        for change in changes {
            let (mut rows, head) = rows(4);
            change(&mut rows[at]);
            assert_eq!(walk(&rows, &head, None), Err(Broken::Changed(rows[at].seq)), "{:?}", rows[at]);
        }
    }
}

#[test]
fn a_row_that_was_taken_out_moved_or_added_is_named() {
    for at in 0..4 {
        let (mut rows, head) = rows(4);
        let gone = rows.remove(at).seq;
        assert_eq!(walk(&rows, &head, None), Err(Broken::Missing(gone)));
    }
    let (mut swapped, head) = rows(4);
    let (one, two) = (swapped[1].seq, swapped[2].seq);
    swapped.swap(1, 2);
    (swapped[1].seq, swapped[2].seq) = (one, two);
    assert_eq!(walk(&swapped, &head, None), Err(Broken::Changed(2)));
    let (longer, _) = rows(5);
    assert_eq!(walk(&longer, &head, None), Err(Broken::Added(5)));
}

#[test]
fn who_rewrites_all_of_it_is_found_out_by_a_head_that_was_noted_elsewhere() {
    let (first, head) = rows(4);
    let forged = {
        let mut head = Head::default();
        let mut rows = Vec::new();
        for n in 1..=4 {
            let row = head.link(&entry("nothing happened"), n * 1000);
            head = Head { seq: row.seq, hash: row.hash.clone() };
            rows.push(row);
        }
        (rows, head)
    };
    assert_eq!(walk(&forged.0, &forged.1, None), Ok(()), "the chain alone cannot know");
    assert_eq!(walk(&forged.0, &forged.1, Some(head.clone())), Err(Broken::NotAsNoted(4)));
    let shorter = Head { seq: 3, hash: first[2].hash.clone() };
    assert_eq!(walk(&first[..3], &shorter, Some(head)), Err(Broken::Missing(4)));
}

#[test]
fn the_students_are_found_wherever_they_stand() {
    let said = json!({ "rows": [{ "student_id": "s-1002" }, { "student": "s-1001" }, { "student_id": "s-1002" }],
        "student": "Mateo", "note": "s-1003" });
    assert_eq!(students_in(&said), ["s-1001", "s-1002"]);
}

#[test]
fn every_kind_comes_back_from_the_store() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
    }
    assert_eq!(Kind::parse("gone"), None);
}

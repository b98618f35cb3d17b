//! What holds for every question and every school.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::school::{Decision, School};
use super::{Chat, TOOLS};

/// Numbers that are not part of a word: "9.40" is one, "10B" and "2nd" are none.
fn numbers(text: &str) -> BTreeSet<String> {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '.'));
    let parts = parts.map(|part| part.trim_matches('.'));
    parts
        .filter(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit() || letter == '.'))
        .map(str::to_owned)
        .collect()
}

fn grade() -> impl Strategy<Value = i64> {
    0..=1000_i64
}

fn grades() -> impl Strategy<Value = [Option<i64>; 3]> {
    (0..=3_usize, [grade(), grade(), grade()]).prop_map(|(given, grades)| {
        let mut some = grades.map(Some);
        some[given..].fill(None);
        some
    })
}

fn school() -> impl Strategy<Value = School> {
    let decision = prop_oneof![
        Just(Decision::Send),
        Just(Decision::Discard),
        Just(Decision::Fail),
        Just(Decision::Wait),
        Just(Decision::Garbage),
        Just(Decision::Edit("Please come to room 77.")),
    ];
    let broken = prop_oneof![4 => Just(None), 1 => (0..TOOLS.len()).prop_map(|at| Some(TOOLS[at]))];
    (prop::collection::vec(grades(), 10), prop::collection::vec(decision, 0..4), broken).prop_map(
        |(grades, decisions, broken)| {
            let mut school = School::sample();
            let all = school.pupils.iter_mut().flat_map(|pupil| &mut pupil.grades);
            all.zip(grades).for_each(|((_, old), new)| *old = new);
            School { decisions, broken, ..school }
        },
    )
}

const QUESTIONS: [&str; 29] = [
    "How are my students going this semester?",
    "Show me Algebra I",
    "How is 10A doing?",
    "How is Mateo doing?",
    "What does James need?",
    "What does he need in Algebra?",
    "Who is likely to pass?",
    "Who is at risk in World History?",
    "Who needs 8.5 or more?",
    "Best students",
    "Compare Algebra I and Biology",
    "Compare my classes",
    "Which classes do I teach?",
    "Write to all at risk, warmly, and offer Monday at 16:15",
    "Mateo and James need some motivation, write to them",
    "Write to them in a firm tone",
    "Congratulate Zoe",
    "make it shorter",
    "make it warmer and mention room 12",
    "Did you send it?",
    "thanks",
    "Hello",
    "How is Zebulon doing?",
    "Show me a chart of 10A",
    "Draw the trend of Mateo",
    "What is the airspeed of a swallow?",
    "What is on my calendar this week?",
    "Schedule a meeting with Mateo on Tuesday at 15:00",
    "Plan a meeting with Zebulon",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_number_is_said_or_written_that_no_tool_and_no_teacher_gave(
        school in school(),
        picks in prop::collection::vec(0..QUESTIONS.len(), 1..5),
    ) {
        let mut chat = Chat::at(school);
        for pick in picks {
            let answer = chat.say(QUESTIONS[pick]);
            let given = numbers(&chat.sources);
            prop_assert!(numbers(&answer).is_subset(&given), "{}: {answer}", QUESTIONS[pick]);
            for (_, subject, body) in chat.mails() {
                prop_assert!(numbers(&(subject + " " + body.as_str())).is_subset(&given), "{body}");
                let body = body.to_lowercase();
                prop_assert!(!body.contains("fail"), "{body}");
            }
        }
    }

    #[test]
    fn a_send_is_claimed_only_when_a_result_states_it(school in school(), pick in 13..19_usize) {
        let mut chat = Chat::at(school);
        chat.say("How are my students going this semester?");
        let before = chat.messages.len();
        let answer = chat.say(QUESTIONS[pick]);
        let stated = chat.messages[before..].iter().any(|message| message["content"].as_str().is_some_and(|text| text.contains("\"status\":\"sent\"")));
        prop_assert_eq!(answer.contains("Sent to"), stated, "{}", answer);
    }

    #[test]
    fn any_words_end_in_an_answer_within_four_rounds(words in "[a-zA-Z,.?!'’é \n0-9]{0,60}|(write|how|is|mateo|them|and|offer|about|tell|her|at risk|,|\\.| ){0,14}") {
        let mut chat = Chat::new();
        let answer = chat.say(&words);
        prop_assert!(!answer.trim().is_empty());
        prop_assert!(chat.rounds.len() <= 4);
        prop_assert!(chat.mails().len() <= 10);
    }
}

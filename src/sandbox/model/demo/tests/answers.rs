//! What the demo model answers to each kind of question.

use super::Chat;
use super::school::Decision;

fn row<'a>(answer: &'a str, name: &str) -> &'a str {
    answer.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_default()
}

#[test]
fn an_overview_looks_at_classes_then_forecasts_and_shows_who_needs_attention() {
    let mut chat = Chat::new();
    let answer = chat.say("How are my students going this semester?");
    assert_eq!(chat.called()[..2], ["list_teaching_classes", "forecast_passing"]);
    assert_eq!(chat.rounds.len(), 2);
    assert_eq!(row(&answer, "Mateo Nguyen"), "| Mateo Nguyen | Algebra I · 10B | 5.50 | 6.10 | – | 9.40 | at risk |");
    assert!(row(&answer, "James Martinez").contains("at risk"), "{answer}");
    assert!(
        answer.contains("| James Martinez | World History · 9A | 3.00 | 6.50 | – | 11.50 | out of reach |"),
        "{answer}"
    );
    assert!(answer.contains(
        "| Student | Class | 1st | 2nd | 3rd | Needs | Standing |\n| :-- | :-- | --: | --: | --: | --: | :-- |"
    ));
    assert!(answer.contains("aim higher:** Sofia García (9.25 in Biology · 10A)"), "{answer}");
    assert!(!row(&answer, "Sofia García").contains("track"));
    assert!(answer.contains("demo model"));
}

#[test]
fn whoever_is_among_the_best_in_two_classes_is_named_once_with_both() {
    let row = |id: &str, class: &str, average: &str| {
        let row = serde_json::json!({
            "student_id": id, "name": id, "class": class, "average_so_far": average, "standing": "on_track",
        });
        serde_json::from_value(row).unwrap()
    };
    let rows = [row("Hana", "History", "9.90"), row("Hana", "Algebra", "9.70"), row("Malik", "History", "10.00")];
    let line = super::super::overview::aim_higher(&rows).unwrap();
    assert!(line.contains("Malik (10.00 in History) and Hana (9.90 in History, 9.70 in Algebra)."), "{line}");
}

#[test]
fn the_model_says_only_once_that_it_is_a_script() {
    let mut chat = Chat::new();
    assert!(chat.say("How is everyone doing?").contains("I am the demo model"));
    assert!(!chat.say("How is everyone doing?").contains("I am the demo model"));
}

#[test]
fn a_class_is_found_by_its_subject_its_group_or_a_part_of_either() {
    for words in ["Show me Algebra I", "how is 10B doing", "What about algebra 1?", "algebra", "How is ALGEBRA going"] {
        let mut chat = Chat::new();
        let answer = chat.say(words);
        assert!(answer.contains("**Algebra I · 10B**"), "{words}: {answer}");
        assert_eq!(
            row(&answer, "Sofia Rossi"),
            "| Sofia Rossi | 7.00 | 7.45 | – | 7.22 | 6.55 | on track |",
            "{words}"
        );
        assert!(!answer.contains("Priya"), "{words}: {answer}");
    }
}

#[test]
fn the_current_class_is_meant_unless_the_words_look_back() {
    assert!(Chat::new().say("Show me Biology").contains("second semester"));
    assert!(Chat::new().say("Show me Biology of last semester").contains("first semester"));
}

#[test]
fn a_student_is_found_by_any_part_of_the_name_without_accents_or_case() {
    for (words, name) in [
        ("How is Zoe doing?", "Zoë Müller"),
        ("how is MULLER doing", "Zoë Müller"),
        ("What about Sofia Garcia?", "Sofia García"),
        ("Show me Ben O’Brien", "Ben O'Brien"),
        ("priya", "Priya Raman"),
        ("How's Mateo's semester going?", "Mateo Nguyen"),
    ] {
        let answer = Chat::new().say(words);
        assert!(answer.starts_with(&format!("**{name}**")), "{words}: {answer}");
    }
}

#[test]
fn a_name_that_fits_two_is_asked_back_and_a_class_decides() {
    let mut chat = Chat::new();
    let answer = chat.say("How is Sofia doing?");
    assert!(answer.contains("Sofia García (Biology · 10A) or Sofia Rossi (Algebra I · 10B)"), "{answer}");
    assert!(chat.say("How is Sofia doing in Algebra?").starts_with("**Sofia Rossi**"));
}

#[test]
fn an_unknown_name_is_said_to_be_unknown_with_the_nearest() {
    let answer = Chat::new().say("How is Matteo doing?");
    assert!(answer.contains("cannot find “Matteo”") && answer.contains("Did you mean Mateo Nguyen?"), "{answer}");
    let answer = Chat::new().say("how is xaverius doing");
    assert!(answer.contains("cannot find “xaverius”"), "{answer}");
}

#[test]
fn what_a_student_needs_is_quoted_for_the_class_asked_for() {
    let answer = Chat::new().say("What does Mateo need in Algebra?");
    assert!(answer.contains("In Algebra I · 10B, Mateo needs 9.40 on what remains to pass."), "{answer}");
    assert!(answer.contains("rising, from 5.50 to 6.10"), "{answer}");
    let answer = Chat::new().say("Will James pass World History?");
    assert!(answer.contains("out of reach") && !answer.contains("fail"), "{answer}");
    assert!(!answer.contains("Algebra"), "{answer}");
}

#[test]
fn those_at_risk_are_listed_for_all_or_for_one_class() {
    let all = Chat::new().say("Who is at risk?");
    assert!(all.contains("Mateo Nguyen") && all.contains("World History"), "{all}");
    let mut chat = Chat::new();
    let one = chat.say("Who is at risk in Algebra I?");
    assert!(one.contains("Ben O'Brien") && !one.contains("World History"), "{one}");
    let none = Chat::new().say("Who is struggling in Biology?");
    assert!(none.contains("In Biology · 10A nobody is at risk"), "{none}");
}

#[test]
fn those_likely_to_pass_are_told_apart_from_those_not_graded() {
    let answer = Chat::new().say("Who is likely to pass?");
    assert!(answer.contains("**Likely to pass Biology · 10A:** Sofia García and Zoë Müller."), "{answer}");
    assert!(answer.contains("**Not graded yet in Chemistry · 11A:** Priya Raman."), "{answer}");
}

#[test]
fn a_needed_grade_can_be_asked_for_by_its_size() {
    let answer = Chat::new().say("Who needs 9 or more in Algebra I?");
    assert!(answer.contains("Mateo Nguyen") && !answer.contains("Ben"), "{answer}");
}

#[test]
fn the_best_come_first() {
    let answer = Chat::new().say("Who are my best students?");
    let table: Vec<&str> = answer.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(table[2].starts_with("| Sofia García |"), "{answer}");
}

#[test]
fn two_classes_are_compared_by_their_own_figures() {
    let answer = Chat::new().say("Compare Algebra I and Biology");
    assert!(answer.starts_with("**Biology · 10A** has the higher average, 8.62"), "{answer}");
    assert!(!answer.contains("History"), "{answer}");
    assert!(Chat::new().say("Compare my classes").contains("World History"));
}

#[test]
fn pronouns_look_back_for_questions_too() {
    let mut chat = Chat::new();
    chat.say("How is Mateo doing?");
    assert!(chat.say("What does he need to pass?").starts_with("**Mateo Nguyen**"));
}

#[test]
fn small_talk_is_short_and_calls_nothing() {
    let mut chat = Chat::new();
    assert!(chat.say("Hello!").starts_with("Hello, Ms. Ada Okafor!"));
    assert!(chat.say("thanks a lot").starts_with("You are welcome"));
    assert!(chat.called().is_empty());
}

#[test]
fn a_greeting_before_a_question_does_not_hide_it() {
    assert!(Chat::new().say("Good morning! How are my students doing?").contains("| Mateo Nguyen |"));
}

#[test]
fn what_a_script_cannot_answer_is_said_to_be_so() {
    for words in ["", "?!", "What is the meaning of it all?", "Sing a song about the sea"] {
        let answer = Chat::new().say(words);
        assert!(
            answer.contains("a script, not a language model") || answer.contains("cannot find"),
            "{words}: {answer}"
        );
    }
}

#[test]
fn every_question_that_the_help_suggests_gets_an_answer() {
    let help = Chat::new().say("");
    let questions: Vec<String> = help.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect();
    assert_eq!(questions.len(), 7);
    for question in questions {
        let answer = Chat::new().say(&question);
        assert!(
            !answer.contains("a script, not a language model") && !answer.contains("cannot"),
            "{question}: {answer}"
        );
    }
}

#[test]
fn a_broken_tool_is_said_to_be_broken() {
    for tool in super::TOOLS {
        for words in ["How are my students going?", "Show me Algebra I", "How is Mateo doing?", "Write to Mateo"] {
            let mut chat = Chat::new();
            chat.school.broken = Some(tool);
            let answer = chat.say(words);
            if chat.called().contains(&tool) {
                assert!(answer.contains("The grade book is being repaired."), "{tool}, {words}: {answer}");
            }
        }
    }
}

#[test]
fn a_tool_that_is_not_offered_is_not_called() {
    let mut chat = Chat::new();
    chat.messages.push(serde_json::json!({ "role": "user", "content": "How is Mateo doing?" }));
    let mut request = chat.request();
    request.tools.clear();
    let step = super::super::next(&super::Scene::read(&request));
    assert!(matches!(step, super::Step::Say(text) if text.contains("did not offer it")));
}

#[test]
fn results_are_told_as_the_tool_gave_them() {
    let cases = [
        (vec![], "Sent to Mateo Nguyen at 14:02 and James Martinez at 14:02."),
        (vec![Decision::Edit("Dear Mateo, call me.")], "Mateo Nguyen at 14:02, with your changes"),
        (vec![Decision::Discard], "You discarded the draft to Mateo Nguyen, so nothing was sent there."),
        (vec![Decision::Fail], "The mail to Mateo Nguyen was not sent: Gmail's daily limit is reached."),
        (
            vec![Decision::Wait, Decision::Wait],
            "The drafts still wait for your decision, so nothing was sent yet to Mateo Nguyen and James Martinez.",
        ),
        (
            vec![Decision::Garbage],
            "The mail to Mateo Nguyen did not come about: the application answered “the tool fell over”.",
        ),
    ];
    for (decisions, expected) in cases {
        let mut chat = Chat::new();
        chat.school.decisions.clone_from(&decisions);
        let answer = chat.say("Write to Mateo and James");
        assert!(answer.contains(expected), "{decisions:?}: {answer}");
        if decisions.len() == 2 {
            assert!(!answer.contains("Sent"), "{answer}");
        }
    }
}

#[test]
fn asked_what_was_sent_it_says_what_it_was_told() {
    let mut chat = Chat::new();
    assert!(chat.say("Did you send it?").contains("I know of none that was sent"));
    chat.school.decisions = vec![Decision::Discard];
    chat.say("Write to Mateo and Zoe");
    let answer = chat.say("Did you send the mails?");
    assert!(
        answer.contains("discarded, nothing was sent") && answer.contains("sent to Zoë Müller at 14:02"),
        "{answer}"
    );
}

#[test]
fn after_four_rounds_without_an_answer_it_stops() {
    let mut chat = Chat::new();
    chat.messages.push(serde_json::json!({ "role": "user", "content": "How is Mateo doing?" }));
    for n in 0..4 {
        let id = format!("call_{n}");
        let function = serde_json::json!({ "name": "list_students", "arguments": "not what it asked for" });
        let call = serde_json::json!({ "id": id, "type": "function", "function": function });
        let step = super::super::next(&super::Scene::read(&chat.request()));
        assert!(matches!(step, super::Step::Call(_)), "round {n}: {step:?}");
        chat.messages.push(serde_json::json!({ "role": "assistant", "tool_calls": [call] }));
        chat.messages.push(serde_json::json!({ "role": "tool", "tool_call_id": id, "content": "{}" }));
    }
    let step = super::super::next(&super::Scene::read(&chat.request()));
    assert!(matches!(&step, super::Step::Say(text) if text.contains("so I stop here")), "{step:?}");
}

#[test]
fn a_class_of_an_earlier_semester_does_not_make_a_student_one_in_need() {
    let mut chat = Chat::new();
    chat.school.pupils[4].grades.push((3, [Some(100), Some(100), Some(100)]));
    chat.say("Tell me about Biology");
    let answer = chat.say("Write to them");
    assert!(chat.recipients().contains(&"s-1003".to_owned()), "nobody in this class is in need: {answer}");
}

#[test]
fn a_table_cell_cannot_break_its_table() {
    let mut chat = Chat::new();
    chat.school.pupils[0].name = "Mateo | Nguyen\nof 10B".into();
    let answer = chat.say("Who is at risk?");
    assert!(answer.contains("| Mateo \\| Nguyen of 10B | Algebra I"), "{answer}");
}

#[test]
fn grades_are_never_changed_and_it_says_so() {
    for words in ["Give Mateo a 10", "Delete all grades", "Please change the grade of James"] {
        let mut chat = Chat::new();
        assert!(chat.say(words).contains("cannot change anything"), "{words}");
        assert!(chat.called().is_empty(), "{words}");
    }
}

#[test]
fn a_slip_of_the_finger_does_not_hide_the_question() {
    assert!(Chat::new().say("how are my sudents going this semster?").contains("| Mateo Nguyen |"));
}

#[test]
fn a_chart_is_drawn_of_what_the_words_name() {
    for (words, drawn) in [
        ("Show me a chart of 10B", "distribution of c-01 and all"),
        ("Chart the trend of Algebra I", "trend of c-01 and all"),
        ("Show me a graph of Mateo", "trend of all and s-1001"),
        ("Draw a histogram of the averages in Biology", "averages of c-03 and all"),
        ("Show me a chart", "averages of all and all"),
        ("Show me a chart of all classes", "averages of all and all"),
    ] {
        let mut chat = Chat::new();
        let answer = chat.say(words);
        assert!(answer.contains(&format!("**{drawn}**: 17 of 24 reach 7.00.")), "{words}: {answer}");
        assert!(chat.called().contains(&"show_chart"), "{words}");
    }
    assert!(Chat::new().say("Show me a chart of 7B").contains("cannot find “7B”"));
}

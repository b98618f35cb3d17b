//! Whom the demo model writes to, and what.

use super::Chat;
use super::school::Decision;

const MATEO: &str = "s-1001";
const JAMES: &str = "s-1002";
const ZOE: &str = "s-1005";

fn mail_to(chat: &Chat, id: &str) -> (String, String) {
    let mail = chat.mails().into_iter().find(|(student, _, _)| student == id);
    let (_, subject, body) = mail.unwrap_or_else(|| panic!("a mail to {id} among {:?}", chat.mails()));
    (subject, body)
}

fn written(words: &str) -> String {
    let mut chat = Chat::new();
    chat.say(words);
    mail_to(&chat, MATEO).1
}

#[test]
fn named_students_get_a_mail_each_at_once_from_their_own_grades() {
    for words in [
        "Mateo and James need some motivation, write to them",
        "Write to Mateo and James.",
        "Please email Mateo Nguyen and also James Martinez",
        "send Mateo and James a note",
    ] {
        let mut chat = Chat::new();
        chat.say(words);
        assert_eq!(chat.recipients(), [MATEO, JAMES], "{words}");
        assert_eq!(chat.rounds.len(), 3, "{words}");
        assert_eq!(chat.rounds[2].len(), 2, "both in one round: {words}");
        assert!(chat.rounds[1].iter().all(|(name, _)| name == "get_student"));
        let (subject, body) = mail_to(&chat, MATEO);
        assert_eq!(subject, "A step forward in Algebra I");
        assert!(
            body.starts_with("Dear Mateo,") && body.contains("up from 5.50 to 6.10") && body.contains("need 9.40"),
            "{body}"
        );
        assert!(body.ends_with("Ms. Ada Okafor"), "{body}");
        assert!(!body.contains("James"), "{body}");
    }
}

#[test]
fn them_are_those_who_need_attention_in_the_answer_before() {
    let mut chat = Chat::new();
    chat.say("How are my students going this semester?");
    chat.say("They need motivation. Write to them, warmly, and offer Monday after class.");
    assert_eq!(chat.recipients(), [MATEO, JAMES, "s-1007"]);
    let (_, body) = mail_to(&chat, MATEO);
    assert!(body.contains("I can offer you Monday after class.") && body.contains("Warmly,"), "{body}");
}

#[test]
fn him_is_the_student_of_the_question_before() {
    let mut chat = Chat::new();
    chat.say("How is Mateo doing?");
    chat.say("Write to him, firmly");
    assert_eq!(chat.recipients(), [MATEO]);
    assert!(mail_to(&chat, MATEO).1.contains("I want to be direct with you about Algebra I."));
}

#[test]
fn him_after_a_list_is_asked_back() {
    let mut chat = Chat::new();
    chat.say("Who is at risk?");
    let answer = chat.say("Write to him");
    assert!(chat.mails().is_empty() && answer.starts_with("Whom do you mean:"), "{answer}");
}

#[test]
fn all_at_risk_are_those_that_the_forecast_names() {
    let mut chat = Chat::new();
    chat.say("Write to all at risk");
    assert_eq!(chat.recipients(), [MATEO, "s-1007", JAMES]);
    let mut chat = Chat::new();
    chat.say("Write to everyone who is struggling in World History");
    assert_eq!(chat.recipients(), [JAMES]);
    assert!(mail_to(&chat, JAMES).0.starts_with("World History"));
    let mut chat = Chat::new();
    assert!(chat.say("Write to all at risk in Biology").contains("nobody"));
    assert!(chat.mails().is_empty());
}

#[test]
fn a_crowd_is_drafted_a_few_at_a_time_and_the_rest_is_named() {
    let mut chat = Chat::new();
    for n in 0..12 {
        let mut pupil = chat.school.pupils[6].clone();
        pupil.id = format!("s-20{n:02}");
        pupil.name = format!("Pupil {}", char::from(b'A' + n));
        chat.school.pupils.push(pupil);
    }
    let answer = chat.say("Write to everyone in Algebra I");
    assert_eq!(chat.mails().len(), 8);
    assert!(answer.contains("Still without a mail:") && answer.contains("Pupil L"), "{answer}");
    assert!(Chat::new().say("Write to all my students").contains("name a class"));
}

#[test]
fn out_of_reach_is_told_with_care() {
    let mut chat = Chat::new();
    chat.say("Write to James about World History");
    let (_, body) = mail_to(&chat, JAMES);
    assert!(body.contains("out of reach this semester, because the best average still possible is 6.50"), "{body}");
    assert!(!body.to_lowercase().contains("fail"), "{body}");
}

#[test]
fn praise_goes_to_what_went_well() {
    let mut chat = Chat::new();
    chat.say("Congratulate Zoe on her first exam");
    let (subject, body) = mail_to(&chat, ZOE);
    assert_eq!(subject, "Well done in Biology");
    assert!(body.contains("Congratulations on your first exam."), "{body}");
    let mut chat = Chat::new();
    chat.say("Who are the best students?");
    chat.say("Praise them");
    assert!(chat.recipients().contains(&"s-1003".to_owned()) && !chat.recipients().contains(&MATEO.to_owned()));
}

#[test]
fn what_the_teacher_wants_said_is_said_to_the_student() {
    for (words, expected) in [
        ("Write to Mateo and offer him Monday after class.", "I can offer you Monday after class."),
        (
            "Write to Mateo, offer to meet on Friday, and remind him of the test.",
            "I would be glad to meet on Friday. Please remember the test.",
        ),
        ("Tell Mateo that he needs to bring his notebook", "You need to bring your notebook."),
        ("Remind Mateo to bring his book to room 12", "Please remember to bring your book to room 12."),
        ("Write to Mateo and say that I am proud of him", "I am proud of you."),
        ("Write to Mateo about the missing homework, in a firm tone", "I am writing about the missing homework."),
        (
            "Invite Mateo to the study group on Tuesday at 15:30",
            "I would like to invite you to the study group on Tuesday at 15:30.",
        ),
        ("Email Mateo and ask him if he is well", "I would like to know if you are well."),
        ("Let Mateo know that the test is on Friday. Write kindly.", "The test is on Friday."),
    ] {
        let body = written(words);
        assert!(body.contains(expected), "{words}: {body}");
    }
    assert!(!written("Write to Mateo, remind him of the test, warmly").contains("test, warmly"));
}

#[test]
fn a_name_inside_the_message_is_not_a_recipient() {
    let mut chat = Chat::new();
    chat.say("Write to Mateo and tell him that James can study with him");
    assert_eq!(chat.recipients(), [MATEO]);
    let mut chat = Chat::new();
    chat.say("Tell Mateo that James can study with him");
    assert_eq!(chat.recipients(), [MATEO]);
}

#[test]
fn the_tone_is_heard() {
    let firm = written("Write to Mateo in a serious tone");
    assert!(firm.contains("I expect you") && firm.contains("Regards,"), "{firm}");
    let brief = written("Write Mateo a short mail");
    assert!(brief.len() < written("Write Mateo a mail").len() * 3 / 4, "{brief}");
    assert!(brief.contains("9.40"), "{brief}");
}

#[test]
fn two_mails_are_not_the_same_but_for_the_name() {
    let mut chat = Chat::new();
    let (grades, mut twin) = (chat.school.pupils[0].grades.clone(), chat.school.pupils[1].clone());
    twin.grades = grades;
    chat.school.pupils[1] = twin;
    chat.say("Write to Mateo and James");
    assert_ne!(mail_to(&chat, MATEO).1.replace("Mateo", ""), mail_to(&chat, JAMES).1.replace("James", ""));
}

#[test]
fn a_stranger_among_the_recipients_stops_all_drafts() {
    for words in ["Write to Mateo and Zebulon", "Write to zebulon", "Zebulon and Mateo need help, write to them"] {
        let mut chat = Chat::new();
        let answer = chat.say(words);
        assert!(chat.mails().is_empty(), "{words}");
        assert!(answer.to_lowercase().contains("cannot find “zebulon”"), "{words}: {answer}");
        assert!(answer.contains("not drafted anything"), "{words}: {answer}");
    }
}

#[test]
fn without_a_name_or_a_history_it_asks_whom() {
    let mut chat = Chat::new();
    assert!(chat.say("Write to them").starts_with("Whom shall I write to?"));
    assert!(chat.mails().is_empty());
}

#[test]
fn asked_not_to_write_it_does_not() {
    let mut chat = Chat::new();
    assert!(chat.say("Don't write to Mateo").contains("will not write"));
    assert!(chat.called().is_empty());
}

#[test]
fn asking_to_be_told_is_not_a_mail() {
    let mut chat = Chat::new();
    chat.say("Tell me about Mateo");
    assert!(chat.mails().is_empty() && chat.called().contains(&"get_student"));
}

#[test]
fn a_draft_is_written_again_as_asked_and_keeps_what_it_said() {
    let mut chat = Chat::new();
    chat.school.decisions = vec![Decision::Wait];
    chat.say("Write to Mateo and offer Monday after class");
    let first = mail_to(&chat, MATEO).1;
    chat.school.decisions = vec![Decision::Wait];
    chat.say("Make it warmer");
    let warmer = mail_to(&chat, MATEO).1;
    assert!(warmer.contains("Warmly,") && warmer.contains("I can offer you Monday after class."), "{warmer}");
    assert!(!first.contains("Warmly,"));
    chat.school.decisions = vec![Decision::Wait];
    chat.say("shorter please, and mention the library");
    let shorter = mail_to(&chat, MATEO).1;
    assert!(shorter.len() < warmer.len() && shorter.contains("Warmly,"), "{shorter}");
    chat.say("shorter please");
    assert!(mail_to(&chat, MATEO).1.contains("Monday after class"));
}

#[test]
fn a_sent_mail_is_not_drafted_again() {
    let mut chat = Chat::new();
    chat.school.decisions = vec![Decision::Send, Decision::Discard];
    chat.say("Write to Mateo and James");
    chat.say("Make it firmer");
    assert_eq!(chat.recipients(), [JAMES]);
    let answer = chat.say("Make it firmer");
    assert!(answer.contains("already sent"), "{answer}");
}

#[test]
fn an_edited_draft_in_the_history_is_not_sent_twice() {
    let mut chat = Chat::new();
    chat.say("Write to Mateo");
    // The application may show the model the arguments as the teacher edited them.
    let call = chat
        .messages
        .iter_mut()
        .rev()
        .find(|message| message["tool_calls"][0]["function"]["name"] == "send_email_to_student");
    call.expect("a send")["tool_calls"][0]["function"]["arguments"] =
        serde_json::json!({ "student_id": MATEO, "subject": "Edited", "body": "Edited" }).to_string().into();
    chat.messages.pop();
    let request = chat.request();
    let step = super::super::next(&super::Scene::read(&request));
    assert!(matches!(&step, super::Step::Say(text) if text.contains("Sent to Mateo Nguyen")), "{step:?}");
}

#[test]
fn without_a_name_in_the_instructions_your_teacher_signs() {
    let mut chat = Chat::new();
    chat.messages[0]["content"] = "Be kind.".into();
    chat.say("Write to Mateo");
    assert!(mail_to(&chat, MATEO).1.ends_with("Your teacher"));
}

#[test]
fn a_not_inside_the_message_does_not_stop_the_mail() {
    let body = written("Write to Mateo and tell him that he does not need to worry");
    assert!(body.contains("You do not need to worry."), "{body}");
}

#[test]
fn a_yes_to_the_offer_writes_to_those_whom_the_offer_named() {
    let mut chat = Chat::new();
    let offer = chat.say("How are my students going this semester?");
    assert!(offer.contains("Shall I write to Mateo Nguyen and Ben O'Brien?"), "{offer}");
    chat.say("Yes, please");
    assert_eq!(chat.recipients(), [MATEO, "s-1007"]);
    let mut chat = Chat::new();
    chat.say("Yes");
    assert!(chat.mails().is_empty());
}

#[test]
fn a_mail_for_the_parents_is_not_sent_to_the_child() {
    let mut chat = Chat::new();
    let answer = chat.say("Could you write to Mateo's parents?");
    assert!(chat.mails().is_empty() && answer.contains("students only"), "{answer}");
    chat.say("Write to Mateo and tell him to show it to his parents");
    assert_eq!(chat.recipients(), [MATEO]);
}

#[test]
fn told_to_send_it_says_whose_click_that_is() {
    let mut chat = Chat::new();
    chat.school.decisions = vec![Decision::Wait];
    chat.say("Write to Mateo");
    let answer = chat.say("Send it");
    assert!(chat.mails().is_empty() && answer.contains("only when you click Send"), "{answer}");
}

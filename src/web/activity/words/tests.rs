use super::{End, Group, OUTCOMES, event, outcome};
use crate::{
    assistant::{
        approval::ApprovalState,
        limits::Reached,
        turn::{Limit, Outcome},
    },
    audit::Kind,
    identity::Parting,
};

/// Every outcome that the program writes, by the types that it is written with.
fn written() -> Vec<(Kind, &'static str)> {
    use ApprovalState::{Approved, Claimed, Failed, Proposed, Rejected, Sent, Superseded, Unknown};
    let drafts = [
        (Kind::Drafted, Proposed),
        (Kind::Redrafted, Proposed),
        (Kind::HandedBack, Proposed),
        (Kind::Approved, Approved),
        (Kind::Claimed, Claimed),
        (Kind::Sent, Sent),
        (Kind::Failed, Failed),
        (Kind::Unknown, Unknown),
        (Kind::Rejected, Rejected),
        (Kind::Superseded, Superseded),
    ];
    let calls = [
        Outcome::Done,
        Outcome::Refused,
        Outcome::Declined,
        Outcome::Undecided,
        Outcome::Failed,
        Outcome::Unknown,
        Outcome::NotRun,
    ];
    let partings = [Parting::SignedOut, Parting::Everywhere, Parting::Replaced, Parting::RanOut, Parting::Provider];
    let limits = [Limit::ModelCalls, Limit::Time, Limit::Output, Limit::Day, Limit::Site].map(Limit::as_str);
    let reached = [Reached::Turns(1), Reached::Tokens, Reached::Sends(1), Reached::Site, Reached::Running(1)];
    let mut all: Vec<(Kind, &'static str)> = vec![
        (Kind::SignedIn, "signed_in"),
        (Kind::Connected, "done"),
        (Kind::Disconnected, "done"),
        (Kind::Setting, "changed"),
    ];
    all.extend(drafts.map(|(kind, state)| (kind, state.as_str())));
    all.extend(calls.map(|call| (Kind::ToolCall, call.as_str())));
    all.extend(partings.map(|why| (Kind::SignedOut, why.as_str())));
    all.extend(limits.map(|limit| (Kind::Limit, limit)));
    all.extend(reached.map(|limit| (Kind::Limit, limit.as_str())));
    all
}

#[test]
fn whatever_is_written_down_is_told_in_plain_words() {
    for (kind, word) in written() {
        let (words, _) = outcome(kind, word);
        assert!(OUTCOMES.iter().any(|(of, known, ..)| (*of, *known) == (kind, word)), "{kind:?} {word}");
        assert!(!words.contains('_') && words.starts_with(char::is_uppercase), "{kind:?} {word}: {words}");
    }
    for kind in Kind::ALL {
        let words = event(*kind, "done", None);
        assert!(words.starts_with(char::is_uppercase) && !words.contains('_'), "{kind:?}: {words}");
    }
    assert_eq!(outcome(Kind::Data, "of_a_later_version").0, "of a later version");
}

#[test]
fn each_kind_of_ones_own_rows_is_found_under_one_heading_and_each_outcome_under_one_end() {
    let mut kinds: Vec<Kind> = Group::ALL.into_iter().flat_map(Group::kinds).collect();
    kinds.sort_unstable();
    let own: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Operator).collect();
    assert_eq!(kinds, {
        let mut own = own;
        own.sort_unstable();
        own
    });
    let outcomes: usize = End::ALL.into_iter().map(|end| end.outcomes().len()).sum();
    assert_eq!(outcomes, OUTCOMES.len());
    for (at, (kind, word, ..)) in OUTCOMES.iter().enumerate() {
        let twice = OUTCOMES[at + 1..].iter().any(|(of, other, ..)| (of, other) == (kind, word));
        assert!(!twice, "{kind:?} {word} stands twice");
    }
    for group in Group::ALL {
        assert_eq!(Group::parse(group.word()), Some(group));
    }
    for end in End::ALL {
        assert_eq!(End::parse(end.word()), Some(end));
    }
}

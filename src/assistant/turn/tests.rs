//! The laws of the turn machine.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{assistant::ApprovalId, clock::SystemIds};

fn turn() -> Turn {
    Turn::new(TurnId::fresh(&SystemIds), "How are they doing?")
}

fn call(tool: &str, arguments: &str) -> ModelCall {
    ModelCall { id: "same-id".into(), tool: tool.into(), arguments: arguments.into() }
}

fn done() -> CallResult {
    CallResult { outcome: Outcome::Done, said: json!({}).into(), did: "Looked".into(), took_ms: 1, shown: None }
}

fn approval() -> Pause {
    Pause::Approval { approval: ApprovalId::fresh(&SystemIds) }
}

#[test]
fn a_turn_asks_calls_asks_again_and_is_done() {
    let mut turn = turn();
    assert_eq!(turn.next(), Next::AskModel);
    turn.begin_step();
    turn.model_said(vec![call("list", "{}"), call("get", "{}")], Finish::Natural);
    assert_eq!(turn.next(), Next::HandleCall(0, 0));
    assert_eq!(turn.call_finished("0-0", done()), Ok(()));
    assert_eq!(turn.next(), Next::HandleCall(0, 1));
    assert_eq!(turn.call_finished("0-1", done()), Ok(()));
    assert_eq!(turn.next(), Next::AskModel);
    turn.begin_step();
    turn.add_text("All well.");
    turn.model_said(vec![], Finish::Natural);
    assert_eq!(turn.next(), Next::Done);
}

#[test]
fn every_call_is_looked_at_before_the_turn_waits_for_a_person() {
    let mut turn = turn();
    turn.begin_step();
    turn.model_said(vec![call("send", "1"), call("list", "{}"), call("send", "2")], Finish::Natural);
    assert_eq!(turn.pause("0-0", approval()), Ok(()));
    assert_eq!(turn.next(), Next::HandleCall(0, 1));
    assert_eq!(turn.call_finished("0-1", done()), Ok(()));
    assert_eq!(turn.pause("0-2", approval()), Ok(()));
    assert_eq!(turn.next(), Next::Paused);
    assert_eq!(turn.call_finished("0-2", done()), Ok(()));
    assert_eq!(turn.next(), Next::Paused, "one draft is decided, the other is not");
    assert_eq!(turn.call_finished("0-0", done()), Ok(()));
    assert_eq!(turn.next(), Next::AskModel);
}

#[test]
fn a_second_result_for_a_call_is_refused() {
    let mut turn = turn();
    turn.begin_step();
    turn.model_said(vec![call("list", "{}")], Finish::Natural);
    assert_eq!(turn.call_finished("0-0", done()), Ok(()));
    assert_eq!(turn.call_finished("0-0", done()), Err(NoSuchOpenCall("0-0".into())));
    assert_eq!(turn.pause("0-0", approval()), Err(NoSuchOpenCall("0-0".into())));
    assert_eq!(turn.resume("0-0"), Err(NoSuchOpenCall("0-0".into())));
    assert_eq!(turn.call_finished("7-7", done()), Err(NoSuchOpenCall("7-7".into())));
}

#[test]
fn a_model_that_never_stops_calling_is_stopped() {
    let mut turn = turn();
    for n in 0..TurnLimits::default().model_calls {
        assert_eq!(turn.next(), Next::AskModel);
        let at = turn.begin_step();
        turn.model_said(vec![call("list", &n.to_string())], Finish::Natural);
        assert_eq!(turn.call_finished(&format!("{at}-0"), done()), Ok(()));
    }
    assert_eq!(turn.next(), Next::OverBudget(Limit::ModelCalls));
}

#[test]
fn a_turn_whose_tokens_are_used_up_asks_nothing_more() {
    let mut turn = turn();
    turn.begin_step();
    turn.model_said(vec![call("list", "{}")], Finish::Natural);
    assert_eq!(turn.call_finished("0-0", done()), Ok(()));
    turn.used.output_tokens = turn.limits.output_tokens - 1;
    assert_eq!(turn.next(), Next::AskModel);
    turn.used.output_tokens += 1;
    assert_eq!(turn.next(), Next::OverBudget(Limit::Output));
}

#[test]
fn five_hundred_parallel_calls_are_cut_to_the_budget() {
    let mut turn = turn();
    turn.begin_step();
    let calls = (0..500).map(|n| call("list", &n.to_string())).collect();
    turn.model_said(calls, Finish::Natural);
    let open = turn.calls().filter(|call| call.state == CallState::Open).count();
    assert_eq!(open, TurnLimits::default().tool_calls);
}

#[test]
fn the_very_same_call_runs_at_most_twice() {
    let mut turn = turn();
    for at in 0..3 {
        turn.begin_step();
        turn.model_said(vec![call("list", "{}")], Finish::Natural);
        let first_look = turn.next() == Next::HandleCall(at, 0);
        assert_eq!(first_look, at < Turn::SAME_CALL);
        if first_look {
            assert_eq!(turn.call_finished(&format!("{at}-0"), done()), Ok(()));
        }
    }
}

#[test]
fn a_step_that_was_cut_before_it_said_anything_is_asked_again_in_place() {
    let mut turn = turn();
    assert_eq!(turn.begin_step(), 0);
    assert_eq!(turn.begin_step(), 0);
    turn.add_text("Half a sen");
    turn.close(Ending::Interrupted { words: String::new() });
    turn.take_up();
    assert_eq!(turn.next(), Next::AskModel, "there is more to say");
    assert_eq!(turn.begin_step(), 1);
    assert_eq!(turn.steps[0].text, "Half a sen");
}

#[test]
fn closing_tells_a_waiting_draft_from_a_call_that_never_ran() {
    let mut turn = turn();
    turn.begin_step();
    turn.model_said(vec![call("send", "1"), call("list", "{}")], Finish::Natural);
    assert_eq!(turn.pause("0-0", approval()), Ok(()));
    turn.close(Ending::SetAside);
    let outcomes: Vec<_> = turn.calls().map(outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Undecided), Some(Outcome::NotRun)]);
}

fn outcome(call: &Call) -> Option<Outcome> {
    match &call.state {
        CallState::Finished { result } => Some(result.outcome),
        CallState::Open | CallState::Waiting { .. } => None,
    }
}

/// What the world may do to a turn, in any order, sensible or not.
#[derive(Debug, Clone)]
enum Blow {
    Begin,
    Text,
    Said(u8),
    Finish(u8, u8),
    Pause(u8, u8),
    Resume(u8, u8),
    Close,
    TakeUp,
    Store,
}

fn blow() -> impl Strategy<Value = Blow> {
    prop_oneof![
        Just(Blow::Begin),
        Just(Blow::Text),
        (0u8..5).prop_map(Blow::Said),
        (0u8..4, 0u8..5).prop_map(|(a, b)| Blow::Finish(a, b)),
        (0u8..4, 0u8..5).prop_map(|(a, b)| Blow::Pause(a, b)),
        (0u8..4, 0u8..5).prop_map(|(a, b)| Blow::Resume(a, b)),
        Just(Blow::Close),
        Just(Blow::TakeUp),
        Just(Blow::Store),
    ]
}

/// Deals one blow as the driver may: the model is asked only when it is time to.
fn deal(turn: &mut Turn, blow: &Blow) -> Result<(), NoSuchOpenCall> {
    match blow {
        Blow::Begin | Blow::Said(_) if turn.next() != Next::AskModel => {}
        Blow::Begin => drop(turn.begin_step()),
        Blow::Said(n) => {
            turn.begin_step();
            turn.model_said((0..*n).map(|n| call("list", &n.to_string())).collect(), Finish::Natural);
        }
        Blow::Text => turn.add_text("word "),
        Blow::Finish(a, b) => turn.call_finished(&format!("{a}-{b}"), done())?,
        Blow::Pause(a, b) => turn.pause(&format!("{a}-{b}"), approval())?,
        Blow::Resume(a, b) => turn.resume(&format!("{a}-{b}"))?,
        Blow::Close => turn.close(Ending::Stopped),
        Blow::TakeUp => turn.take_up(),
        Blow::Store => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn each_call_has_exactly_one_result_whatever_happens(blows in prop::collection::vec(blow(), 0..60)) {
        let mut turn = turn();
        for blow in &blows {
            let before = results(&turn);
            let _refused_is_fine = deal(&mut turn, blow);
            let stored = serde_json::to_string(&turn).expect("a turn is plain data");
            prop_assert_eq!(&serde_json::from_str::<Turn>(&stored).expect("and comes back"), &turn);
            let after = results(&turn);
            prop_assert!(before.iter().all(|had| after.contains(had)), "a result was lost or changed");
            if turn.next() == Next::AskModel && turn.steps.last().is_some_and(|s| s.finish.is_some()) {
                prop_assert!(turn.calls().all(|call| outcome(call).is_some()), "the model is asked with a call open");
            }
        }
        turn.close(Ending::Done);
        prop_assert!(turn.calls().all(|call| outcome(call).is_some()));
        let mut ids: Vec<_> = turn.calls().map(|call| &call.id).collect();
        let count = ids.len();
        ids.dedup();
        prop_assert_eq!(ids.len(), count, "two calls share a name");
    }
}

fn results(turn: &Turn) -> Vec<(String, CallResult)> {
    turn.calls()
        .filter_map(|call| match &call.state {
            CallState::Finished { result } => Some((call.id.clone(), result.clone())),
            CallState::Open | CallState::Waiting { .. } => None,
        })
        .collect()
}

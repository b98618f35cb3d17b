//! The model of the demo: a script that says so, and shows the application.
//!
//! It reads the conversation as it came over the wire, finds out by keywords
//! what is wanted, and works through the application's own tools. Every number
//! it says stands in a tool's result or in the teacher's words; it never
//! computes one, never claims what no result says, and never keeps anything
//! between two requests.

mod calendar;
mod chart;
mod details;
mod facts;
mod intent;
mod letter;
mod lists;
mod lookup;
mod mail;
mod names;
mod order;
mod overview;
mod person;
mod phrases;
mod receipts;
mod scene;
mod small;
mod table;
#[cfg(test)]
mod tests;
mod words;

use super::Mind;
use super::reply::{Answer, Pace, Reply};
use super::wire::Conversation;
use intent::Intent;
use scene::{Scene, Step};

/// Once in each conversation, so that nobody takes the script for a language model.
const CONFESSION: &str = "*I am the demo model: a script that reads your grade book through the application’s tools.*";

/// The demo's model.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoMind {
    pace: Pace,
}

impl DemoMind {
    /// A demo model that writes at `pace`.
    pub fn new(pace: Pace) -> Self {
        Self { pace }
    }
}

impl Mind for DemoMind {
    fn reply(&self, request: &Conversation) -> Reply {
        let answer = match next(&Scene::read(request)) {
            Step::Call(calls) => Answer::calls(calls),
            Step::Say(text) => Answer::text(text),
        };
        answer.at(self.pace).into()
    }
}

fn next(scene: &Scene<'_>) -> Step {
    let intent = intent::read(&scene.present.words, &scene.past);
    match answer(scene, intent) {
        Ok(text) if scene.is_first_answer() && intent != Intent::Other => Step::Say(format!("{text}\n\n{CONFESSION}")),
        Ok(text) => Step::Say(text),
        Err(step) => step,
    }
}

fn answer(scene: &Scene<'_>, intent: Intent) -> Result<String, Step> {
    match intent {
        Intent::Overview => overview::overview(scene),
        Intent::Classes => overview::classes(scene),
        Intent::Compare => overview::compare(scene),
        Intent::Chart => chart::chart(scene),
        Intent::Pass | Intent::AtRisk | Intent::Best | Intent::Needs => lists::list(scene, intent),
        Intent::About => person::about(scene),
        Intent::Write => mail::write(scene),
        Intent::Redraft => mail::redraft(scene),
        Intent::Agenda => calendar::agenda(scene),
        Intent::Meet => calendar::meeting(scene),
        Intent::Sent => Ok(small::sent(scene)),
        Intent::Approve => Ok(small::approve()),
        Intent::Change => Ok(small::change()),
        Intent::Decline => Ok(small::decline()),
        Intent::Hello => Ok(small::hello(scene)),
        Intent::Thanks => Ok(small::thanks()),
        Intent::Other => Ok(small::help()),
    }
}

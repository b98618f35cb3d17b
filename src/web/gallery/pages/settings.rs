//! The settings, as they are and with one that cannot be taken.

use super::{
    super::cast::{frame, text},
    keep,
};
use crate::web::{
    pages::{Choice, Settings},
    parts::Place,
};

pub(super) fn all() -> Vec<(String, String)> {
    let wrong = "Give a whole number of days from 0 to 3650. 0 keeps conversations for ever.";
    vec![settings("settings", None, "appearance"), settings("settings-wrong", Some(wrong), "")]
}

fn settings(name: &str, fault: Option<&str>, done: &str) -> (String, String) {
    let look = |value, label, chosen| Choice { value, label, chosen };
    keep(
        name,
        &Settings {
            frame: frame("Settings", Place::Settings, ""),
            looks: vec![
                look("auto", "As this device", true),
                look("light", "Light", false),
                look("dark", "Dark", false),
            ],
            shortcuts: true,
            days: text(if fault.is_some() { "-1" } else { "90" }),
            most_days: 3650,
            fault: fault.map(text),
            conversations: text("12 conversations"),
            operator: fault.is_none(),
            done: text(done),
        },
    )
}

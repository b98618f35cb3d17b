//! What stands in the log, and what can never be made to stand there.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use super::*;

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(filter: &str, format: LogFormat, events: impl FnOnce()) -> String {
    let page = Page::default();
    let writer = page.clone();
    tracing::subscriber::with_default(subscriber(filter, format, false, move || writer.clone()), events);
    let bytes = page.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const FORGED: &str = "Ada\r\n2026-01-01 INFO forged\u{1b}[31mred\u{9b}2J\u{202e}dne\u{2028}\u{7f}";

#[test]
fn a_field_can_neither_end_its_line_nor_paint_the_terminal() {
    for format in [LogFormat::Pretty, LogFormat::Json] {
        let page = logged("info", format, || {
            let span = tracing::info_span!("turn", { field::TURN } = FORGED, shown = %FORGED);
            let _inside = span.enter();
            let error = io::Error::other(FORGED);
            let error = &error as &dyn std::error::Error;
            tracing::warn!({ field::TEACHER } = FORGED, shown = %FORGED, error, "{FORGED}");
        });
        assert_eq!(page.matches('\n').count(), 1, "{page:?}");
        let acting: Vec<_> =
            page.trim_end().chars().filter(|c| c.is_control() || "\u{202e}\u{2028}".contains(*c)).collect();
        assert!(acting.is_empty(), "{acting:?} in {page:?}");
        assert!(page.contains("forged") && page.contains("teacher"), "{page}");
    }
}

#[test]
fn a_line_of_json_still_says_what_was_said() {
    let page = logged("info", LogFormat::Json, || tracing::info!({ field::TOOL } = FORGED, "said"));
    let line: serde_json::Value = serde_json::from_str(&page).unwrap();
    assert_eq!((line["message"].as_str(), line[field::TOOL].as_str()), (Some("said"), Some(FORGED)));
}

#[test]
fn payloads_stay_out_whatever_the_filter_says() {
    let speak = || {
        tracing::error!(target: "async_openai::client", "canary");
        tracing::error!(target: "async_openai", "canary");
        tracing::trace!(target: "teachers_aide::assistant", "heard");
    };
    let page = logged("trace,async_openai=trace,async_openai::client=trace", LogFormat::Json, speak);
    assert!(page.contains("heard") && !page.contains("canary"), "{page}");
}

#[test]
fn noisy_libraries_are_quiet_until_they_are_asked() {
    let speak = || tracing::debug!(target: "hyper", "chatter");
    assert_eq!(logged("debug", LogFormat::Pretty, speak), "");
    assert!(logged("debug,hyper=debug", LogFormat::Pretty, speak).contains("chatter"));
}

#[test]
fn starting_twice_is_harmless() {
    let log = Log { filter: "error".to_owned(), format: None };
    init(&log);
    init(&log);
}

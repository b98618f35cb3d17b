//! Where a sign-in leads: a known path of this application, or the start.

use crate::{
    assistant::{ConversationId, TurnId},
    school::{ClassId, StudentId},
};

/// Where one goes when nothing better is known.
pub const HOME: &str = "/chat";

/// The path, if it is a page of this application; else the start. Compared as a
/// whole, never cleaned: what is not known to be good is not used.
pub fn checked(path: &str) -> String {
    if is_page(path) { path.to_owned() } else { HOME.to_owned() }
}

/// The page that a form stood on, as far as its own path tells.
pub fn nearest(path: &str) -> String {
    let mut page = path;
    while !page.is_empty() {
        if is_page(page) {
            return page.to_owned();
        }
        page = page.rsplit_once('/').map_or("", |(above, _)| above);
    }
    HOME.to_owned()
}

fn is_page(path: &str) -> bool {
    if ["/activity", "/chat", "/classes", "/connections", "/conversations", "/settings"].contains(&path) {
        return true;
    }
    let Some((room, id)) = path.strip_prefix('/').and_then(|rest| rest.split_once('/')) else { return false };
    match room {
        "chat" => ConversationId::parse(id).is_some(),
        "classes" => ClassId::parse(id).is_ok(),
        "students" => StudentId::parse(id).is_ok(),
        "turns" => id.strip_suffix("/seen").and_then(TurnId::parse).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_ones_own() {
        let conversation = format!("/chat/{}", "0".repeat(32));
        let seen = format!("/turns/{}/seen", "0".repeat(32));
        for path in
            ["/activity", "/chat", "/settings", "/classes", "/classes/c-01", "/students/s-1001", &conversation, &seen]
        {
            assert_eq!(checked(path), path);
        }
    }

    #[test]
    fn a_form_leads_back_to_the_page_that_it_stood_on() {
        let id = "0".repeat(32);
        for (path, page) in [
            ("/chat", "/chat"),
            ("/settings/retention", "/settings"),
            ("/students/s-1001/address", "/students/s-1001"),
            ("/connections/google/disconnect", "/connections"),
            ("/auth/logout", HOME),
            ("//evil.example", HOME),
            ("", HOME),
        ] {
            assert_eq!(nearest(path), page, "{path}");
        }
        assert_eq!(nearest(&format!("/chat/{id}")), format!("/chat/{id}"));
        assert_eq!(nearest(&format!("/approvals/{id}")), HOME);
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        let long = format!("/chat/{}", "a".repeat(8_000));
        for path in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "http:evil.example",
            "/%2f%2fevil.example",
            "/%252f%252fevil.example",
            "/chat/../auth/logout",
            "/chat\r\nSet-Cookie: a=b",
            "/\tchat",
            "/chat?x=//evil.example",
            "user:pass@evil.example",
            "/classes/c-01/..//evil.example",
            "javascript:alert(1)",
            "",
            &long,
            "///evil.example",
            "////evil.example/chat",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\u{0}/evil.example",
            "\u{9}//evil.example",
            " /chat",
            "/chat ",
            "/chat/",
            "/chat//evil.example",
            "//chat",
            "/./chat",
            "/classes/..",
            "/classes/%2e%2e/",
            "/classes/%2f%2fevil.example",
            "/%5cevil.example",
            "/%09/evil.example",
            "/%0d%0aLocation:%20//evil.example",
            "/chat%00",
            "/chat;//evil.example",
            "/chat#//evil.example",
            "/chat@evil.example",
            "@evil.example",
            ".evil.example",
            ":80/chat",
            "data:text/html,x",
            "JaVaScRiPt:alert(1)",
            "http:/evil.example",
            "https:evil.example",
            "http://localhost:8000/chat",
            "HTTP://evil.example",
            "/\u{FF0F}evil.example",
            "\u{2215}\u{2215}evil.example",
            "/students/s-1001/address",
            "/auth/logout",
            "/auth/callback?code=a&state=b",
            "/prompt",
            "/approvals/0",
            "/turns/0/seen",
            "/turns/00000000000000000000000000000000/stop",
            "/turns//seen",
            "/static/0/app.js",
        ] {
            assert_eq!(checked(path), HOME, "{path:?}");
        }
    }

    /// What a browser would make of the path that is led to.
    fn seen_by_a_browser(path: &str) -> url::Url {
        url::Url::parse("https://aide.example/auth/callback").unwrap().join(path).unwrap()
    }

    fn any_path() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            3 => prop::sample::select(vec![
                "/", "//", "\\", "chat", "/chat", "/classes/", "/students/", "c-01", "s-1001", "..", ".", "%2f", "%5c", "%2e",
                "?", "#", "@", ":", "evil.example", "https:", "javascript:", "\r\n", "\t", "\0", " ", ";",
            ]).prop_map(str::to_owned),
            1 => "\\PC{0,6}",
            1 => "[0-9a-f]{32}",
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_asked_one_is_led_to_a_page_of_this_site(path in any_path()) {
            let led = checked(&path);
            let url = seen_by_a_browser(&led);
            prop_assert_eq!(url.origin().ascii_serialization(), "https://aide.example");
            prop_assert_eq!(url.path(), &led, "a browser changes nothing about it");
            let room = led.trim_start_matches('/').split('/').next().unwrap_or_default();
            prop_assert!(["chat", "classes", "conversations", "students", "turns"].contains(&room), "{}", led);
            prop_assert!(led == HOME || led == path, "known as it stands, or not at all");
        }
    }
}

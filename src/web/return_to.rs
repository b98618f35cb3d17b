//! Where a sign-in leads: a known path of this application, or the start.

use crate::{
    assistant::ConversationId,
    school::{ClassId, StudentId},
};

/// Where one goes when nothing better is known.
pub const HOME: &str = "/chat";

/// The path, if it is a page of this application; else the start. Compared as a
/// whole, never cleaned: what is not known to be good is not used.
pub fn checked(path: &str) -> String {
    if is_page(path) { path.to_owned() } else { HOME.to_owned() }
}

fn is_page(path: &str) -> bool {
    if ["/chat", "/classes", "/connections", "/conversations"].contains(&path) {
        return true;
    }
    let Some((room, id)) = path.strip_prefix('/').and_then(|rest| rest.split_once('/')) else { return false };
    match room {
        "chat" => ConversationId::parse(id).is_some(),
        "classes" => ClassId::parse(id).is_ok(),
        "students" => StudentId::parse(id).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_ones_own() {
        let conversation = format!("/chat/{}", "0".repeat(32));
        for path in ["/chat", "/classes", "/classes/c-01", "/students/s-1001", &conversation] {
            assert_eq!(checked(path), path);
        }
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
        ] {
            assert_eq!(checked(path), HOME, "{path:?}");
        }
    }
}

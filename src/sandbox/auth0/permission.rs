//! What the app asks of Google, in the words in which a person is asked.

use std::collections::BTreeSet;

/// The scopes that come with knowing who somebody is.
pub(super) const BASE: [&str; 3] =
    ["https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile", "openid"];

/// One line with a tick box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Permission {
    pub(super) scope: String,
    pub(super) words: &'static str,
}

impl Permission {
    /// The scope without the part that all of Google's share.
    pub(super) fn short(&self) -> &str {
        short(&self.scope)
    }
}

/// The permissions among these scopes; the base ones need no asking.
pub(super) fn asked<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Vec<Permission> {
    let mut seen = BTreeSet::new();
    let scopes = scopes.into_iter().map(str::trim).filter(|scope| !scope.is_empty() && !is_base(scope));
    let once = scopes.filter(|scope| seen.insert((*scope).to_owned()));
    once.map(|scope| Permission { scope: scope.to_owned(), words: words(scope) }).collect()
}

/// The base scopes and those of the permissions that were ticked.
pub(super) fn granted(asked: &[Permission], ticked: &[String]) -> BTreeSet<String> {
    let ticked = asked.iter().map(|permission| &permission.scope).filter(|scope| ticked.contains(scope)).cloned();
    BASE.into_iter().map(str::to_owned).chain(ticked).collect()
}

fn is_base(scope: &str) -> bool {
    BASE.contains(&scope) || matches!(scope, "email" | "profile")
}

fn short(scope: &str) -> &str {
    scope.strip_prefix("https://www.googleapis.com/auth/").unwrap_or(scope)
}

fn words(scope: &str) -> &'static str {
    match short(scope) {
        "gmail.send" => "Send email on your behalf",
        "gmail.compose" => "Manage drafts and send emails",
        "gmail.readonly" => "View your email messages and settings",
        "gmail.modify" => "Read, compose and send emails from your Gmail account",
        "calendar.events" => "View and edit events on all your calendars",
        "calendar.events.readonly" => "View events on all your calendars",
        "drive.file" => "See and edit only the Drive files that you use with this app",
        _ => "Use another part of your Google account",
    }
}

//! Who may come in, where the operator keeps a list.

/// The accounts that may sign in: whole addresses, and domains as `@school.example`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<String>);

impl Allowed {
    /// A list; an empty one lets in whomever the provider lets in.
    pub fn new(accounts: impl IntoIterator<Item = String>) -> Self {
        Self(accounts.into_iter().map(|account| account.to_ascii_lowercase()).collect())
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an account with this verified address may come in.
    pub fn admits(&self, email: &str) -> bool {
        let email = email.to_ascii_lowercase();
        let domain = email.rfind('@').map(|at| &email[at..]);
        self.0.is_empty() || self.0.iter().any(|entry| *entry == email || Some(entry.as_str()) == domain)
    }
}

/// Who looks after this site: may see how it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operators {
    /// Whoever reaches it: it is on the operator's own computer, and listens to nobody else.
    Everybody,
    /// Teachers with an address on the operator's list; nobody where there is none.
    Listed(Allowed),
}

impl Operators {
    /// Whether somebody is one of them; `email` is the verified address of who is signed in.
    pub fn include(&self, email: Option<&str>) -> bool {
        match self {
            Self::Everybody => true,
            // An empty list of accounts lets everybody in; one of operators, nobody.
            Self::Listed(accounts) => !accounts.is_empty() && email.is_some_and(|email| accounts.admits(email)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_its_whole_domain_is_on_the_list_or_it_is_not() {
        let list = Allowed::new(["Ada@school.example".to_owned(), "@staff.example".to_owned()]);
        for email in ["ada@school.example", "ADA@School.Example", "grace@staff.example"] {
            assert!(list.admits(email), "{email}");
        }
        for email in
            ["grace@school.example", "ada@school.example.evil", "x@evil-staff.example", "@", "", "staff.example"]
        {
            assert!(!list.admits(email), "{email}");
        }
        assert!(!list.admits("eve@sub.staff.example"));
        assert!(Allowed::default().admits("anybody@anywhere.example"));
    }

    #[test]
    fn an_empty_list_of_operators_has_nobody_on_it() {
        let listed =
            |accounts: &[&str]| Operators::Listed(Allowed::new(accounts.iter().map(|&account| account.to_owned())));
        let own = listed(&["Ada@school.example", "@ops.example"]);
        assert!(own.include(Some("ada@School.example")) && own.include(Some("x@ops.example")));
        assert!(!own.include(Some("grace@school.example")) && !own.include(Some("")) && !own.include(None));
        assert!(!listed(&[]).include(Some("ada@school.example")) && !listed(&[]).include(None));
        assert!(Operators::Everybody.include(None));
    }
}

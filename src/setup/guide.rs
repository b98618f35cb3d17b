//! The parts of `docs/setup-auth0-google.md`, by their headings.

/// A part of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Google's own console.
    Google,
    /// The application at Auth0.
    Application,
    /// The Google connection at Auth0.
    Connection,
    /// Connected accounts at Auth0.
    Accounts,
    /// The settings of this program.
    Settings,
    /// What is seen when it does not work.
    Trouble,
    /// The models that will do.
    Models,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Google,
        Self::Application,
        Self::Connection,
        Self::Accounts,
        Self::Settings,
        Self::Trouble,
        Self::Models,
    ];

    /// The heading in the guide.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Google => "1. Google Cloud",
            Self::Application => "2. Auth0: the application",
            Self::Connection => "3. Auth0: the Google connection",
            Self::Accounts => "3a. Auth0: connected accounts",
            Self::Settings => "4. The settings",
            Self::Trouble => "When it does not work",
            Self::Models => "Other models",
        }
    }
}

/// Where a heading is found on its page: the name that it has wherever Markdown is shown.
pub fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-'));
    kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_a_heading_of_the_guide() {
        let guide = include_str!("../../docs/setup-auth0-google.md");
        for part in Part::ALL {
            let heading = format!("## {}", part.heading());
            assert!(guide.lines().any(|line| line == heading), "{heading}");
        }
    }

    #[test]
    fn an_anchor_is_the_heading_in_small_letters_with_hyphens() {
        assert_eq!(anchor("3a. Auth0: connected accounts"), "3a-auth0-connected-accounts");
        assert_eq!(anchor("When it does not work"), "when-it-does-not-work");
    }
}

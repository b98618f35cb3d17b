//! Levers for tests: what happens to a tenant and to its people behind the app's back.

use serde_json::Value;

use super::{Auth0, Flaw, Setup, keys::Signature, permission::BASE, state::Visitor};
use crate::sandbox::hold;

impl Auth0 {
    /// Takes back all refresh tokens of a person: they were blocked, or signed out everywhere.
    pub fn revoke_all(&self, subject: &str) {
        hold(&self.state).refresh.retain(|_, refresh| refresh.subject != subject);
    }

    /// Empties the person's place in the vault; the exchange then finds nothing.
    pub fn forget_google(&self, subject: &str) {
        hold(&self.state).vault.remove(subject);
    }

    /// Fills the person's place in the vault, as if connected earlier.
    pub fn connect_google(&self, subject: &str, scopes: &[&str]) {
        let now = self.clock.now();
        let scopes = BASE.iter().chain(scopes).map(|scope| (*scope).to_owned()).collect();
        hold(&self.state).keep(subject, scopes, self.secret("cac_"), now);
    }

    /// Leaves only these Google scopes: the person unticked the rest.
    pub fn narrow_google(&self, subject: &str, scopes: &[&str]) {
        if let Some(vaulted) = hold(&self.state).vault.get_mut(subject) {
            vaulted.scopes = BASE.iter().chain(scopes).map(|scope| (*scope).to_owned()).collect();
            vaulted.token = None;
        }
    }

    /// The person took the permission back at Google: its tokens die there,
    /// and the exchange fails until the account is connected again.
    pub fn google_revoked(&self, subject: &str) {
        if let Some(vaulted) = hold(&self.state).vault.get_mut(subject) {
            (vaulted.refused, vaulted.token) = (true, None);
        }
        if let Some(person) = self.person(subject) {
            self.google.end_tokens(&person.email);
        }
    }

    /// The Google access tokens of the person end now; the vault still hands
    /// out the old one if `kept`, as when Google's word has not come through.
    pub fn google_tokens_end(&self, subject: &str, kept: bool) {
        if let Some(person) = self.person(subject) {
            self.google.end_tokens(&person.email);
        }
        if let Some(vaulted) = hold(&self.state).vault.get_mut(subject).filter(|_| !kept) {
            vaulted.token = None;
        }
    }

    /// The scopes that the vault holds for a person; none when nothing is there.
    pub fn vaulted_scopes(&self, subject: &str) -> Option<Vec<String>> {
        hold(&self.state).vault.get(subject).map(|vaulted| vaulted.scopes.iter().cloned().collect())
    }

    /// How many refresh tokens of a person live.
    pub fn refresh_tokens(&self, subject: &str) -> usize {
        hold(&self.state).refresh.values().filter(|refresh| refresh.subject == subject && !refresh.spent).count()
    }

    /// The sessions (`sid`) that were ended by RP-initiated logout.
    pub fn ended_sessions(&self) -> Vec<String> {
        hold(&self.state).ended_sessions.clone()
    }

    /// From now on a new key signs; the old one stays published.
    pub fn rotate_key(&self) {
        hold(&self.keys).rotate();
    }

    /// Only the current key stays published.
    pub fn withdraw_old_keys(&self) {
        hold(&self.keys).withdraw_old();
    }

    /// Adds a flaw to what the provider says.
    pub fn misbehave(&self, flaw: Flaw) {
        hold(&self.state).flaws.push(flaw);
    }

    /// Takes all flaws away.
    pub fn behave(&self) {
        hold(&self.state).flaws.clear();
    }

    /// Changes how the tenant is set up.
    pub fn set_up(&self, change: impl FnOnce(&mut Setup)) {
        change(&mut hold(&self.state).setup);
    }

    /// From now on whoever comes to a sign-in or connect page is this person
    /// and agrees to everything, with no page shown.
    pub fn visitor_signs_in(&self, subject: &str) {
        hold(&self.state).next_visitor = Some(Visitor::SignsIn { subject: subject.to_owned() });
    }

    /// From now on whoever comes to a sign-in or connect page declines.
    pub fn visitor_declines(&self) {
        hold(&self.state).next_visitor = Some(Visitor::Declines);
    }

    /// From now on pages are shown again.
    pub fn visitor_is_asked(&self) {
        hold(&self.state).next_visitor = None;
    }

    /// Any claims under any header, signed by the tenant's key: a logout token, say.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        hold(&self.keys).sign(header, claims, Signature::Current)
    }

    /// The id of the key that signs.
    pub fn key_id(&self) -> String {
        hold(&self.keys).current_id()
    }
}

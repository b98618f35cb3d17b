//! The set-up: what only the operator can mend, here, at Auth0 and at Google.
//!
//! A [`Flaw`] is one thing that may be wrong; it knows the click that mends it
//! and the part of the guide that tells more. A [`Finding`] is what a check saw
//! by itself, [`Met`] counts what teachers ran into, because some flaws show
//! with a teacher's own token only. Nothing in this room is a teacher's, and
//! nothing is a secret.

mod finding;
mod flaw;
mod guide;
mod met;

pub use finding::{Doctor, Finding, Mark, Report, Variable};
pub use flaw::{Fault, Flaw};
pub use guide::{Part, anchor};
pub use met::{Met, Times};

//! For scripts: the tools, what each of them needs, and the ways to have one
//! authorised and run. A script acts in the sign-in of the teacher whose
//! cookie it brings, and can do no more than that teacher's own page.
//!
//! What is told here is JSON of the types below; `/openapi.json` is made from
//! the same types, and a test holds both against what is really served.

mod authorizations;
mod document;
mod execute;
mod tools;

use super::state::State;
use crate::assistant::toolbox::Toolbox;
pub use authorizations::{authorize, wait};
pub use document::{Refusals, RefusalsOrPages, serve as document};
pub use execute::execute;
pub use tools::list;

fn toolbox(state: &State) -> &Toolbox {
    &state.assistant.parts().toolbox
}

/// A path of this application as an address that a browser can open.
fn address(state: &State, path: &str) -> String {
    format!("{}{path}", state.public_url.as_str().trim_end_matches('/'))
}

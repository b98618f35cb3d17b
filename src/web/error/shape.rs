//! The one shape in which a script reads that something was not done.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// Why.
    pub error: Fault,
}

/// Why something was not done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fault {
    /// A word that stays the same, for a script to decide by.
    #[schema(example = "not_found")]
    pub code: &'static str,
    /// A few words, for a person.
    pub title: &'static str,
    /// A sentence or two, for a person.
    pub words: String,
    /// Under which whoever runs the site finds more in the log.
    pub reference: Option<String>,
}

//! The school: who teaches which class, who sits in it, and what was graded.
//!
//! The school is held in memory and every question is asked as a teacher:
//! there is no way to ask about a class or a student without saying who asks.
//! This room does no I/O and knows nothing of models, mail or the web.

mod ids;

pub use ids::{ClassId, IdError, StudentId, Teacher, TeacherId};

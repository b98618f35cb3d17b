//! The teacher's accounts elsewhere: the page that shows them, and the
//! browser's trip that connects one.
//!
//! Every trip stands for an authorization that is kept in the book, and for an
//! attempt that is kept in this browser's session. An answer without both
//! changes nothing, here or there.

mod overview;
mod trip;

pub use overview::{disconnect, in_plain_words, page};
pub use trip::{come_back, connect, go_on, not_begun_here, open};

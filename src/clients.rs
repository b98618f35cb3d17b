//! The outbound wire: each client speaks one service's protocol and implements
//! one port. Nothing here decides what a teacher may do.

pub mod auth0;

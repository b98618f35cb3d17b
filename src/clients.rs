//! The outbound wire: the services this application speaks to.
//!
//! Every client implements a port of a room of the core, and every connection
//! is made by the one factory in [`http`]: time-outs, no redirects, size caps.

pub mod auth0;
pub mod google;
pub mod http;
pub mod openai;

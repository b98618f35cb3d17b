//! Local stand-ins that speak the real wire protocols.

pub mod model;

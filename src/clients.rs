//! The outbound wire: the services this application speaks to.

pub mod openai;

//! Whatever dies when: nothing that was acknowledged is lost, nothing is sent
//! twice, and nobody is told what is not so.
//!
//! The program runs in a process of its own and is killed; the world around it
//! lives on. After each death it starts again, and the checker looks.

mod rounds;
mod soak;
mod sweep;

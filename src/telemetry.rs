//! What the operator reads: one subscriber, one set of field names.
//!
//! A log line is one line, whatever it quotes: control characters and text
//! directions are escaped in both formats, so nobody can forge a line or paint
//! a terminal by writing a name. The log of `async_openai` stays off, whatever
//! `RUST_LOG` says: it quotes whole payloads, and those are student data.

mod escape;
mod request;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, filter,
    fmt::{self, MakeWriter, format},
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

pub use self::request::RequestSpan;
use crate::settings::{Log, LogFormat};

/// The names of fields, one per thing, in spans and in events.
pub mod field {
    /// The id of a turn.
    pub const TURN: &str = "turn";
    /// The id of a conversation.
    pub const CONVERSATION: &str = "conversation";
    /// The opaque id of a teacher; never a name or an address.
    pub const TEACHER: &str = "teacher";
    /// The name of a tool.
    pub const TOOL: &str = "tool";
    /// What a page shows to a person whose request failed.
    pub const REFERENCE: &str = "reference";
    /// The id of an approval.
    pub const APPROVAL: &str = "approval";
}

/// Libraries that say more than an operator wants to know; `RUST_LOG` can turn them up.
const QUIET: &str = "hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,sqlx=warn,html5ever=warn,\
                     selectors=warn,actix_http=warn,actix_server=warn,mio=warn";

/// Starts the log for the process; a second call changes nothing.
pub fn init(log: &Log) {
    let terminal = io::stderr().is_terminal();
    let format = log.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    // The error says that a subscriber is there already: in tests.
    let _ = subscriber(&log.filter, format, terminal, io::stderr).try_init();
}

/// What [`init`] starts, for a writer of one's own.
pub fn subscriber<W>(filter: &str, format: LogFormat, colours: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let levels =
        EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse_lossy(format!("{QUIET},{filter}"));
    let payloads = filter::filter_fn(|metadata| !metadata.target().starts_with("async_openai"));
    registry().with(lines(format, colours, writer).with_filter(payloads)).with(levels)
}

fn lines<S, W>(format: LogFormat, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> registry::LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    match format {
        LogFormat::Pretty => {
            let fields = format::debug_fn(escape::field);
            fmt::layer().fmt_fields(fields).with_ansi(colours).with_writer(writer).boxed()
        }
        LogFormat::Json => {
            let writer = escape::JsonLines(writer);
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer).boxed()
        }
    }
}

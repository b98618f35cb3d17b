//! The set-up page and the guide, for whoever looks after this site. To
//! everybody else both are not there.

use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, web::Data};
use jiff::Timestamp;

use super::{
    error::PageError,
    frame::{self, html},
    host, markdown,
    pages::{Checked, Flawed, Given, Guide, GuidePart, SetUp},
    parts::{Frame, Place, Tone},
    present::clock_time,
    session,
    state::State,
};
use crate::{
    identity::{Caller, Operators},
    setup::{Finding, Mark, Part, Report, Times, Variable, anchor},
};

const GUIDE: &str = include_str!("../../docs/setup-auth0-google.md");

/// `GET /setup`
pub async fn page(request: HttpRequest, state: Data<State>, session: Session) -> Result<HttpResponse, PageError> {
    let operator = operator(&request, &state, &session).await?;
    let report = state.doctor.report().await;
    let page = SetUp {
        frame: frame_of(&state, operator.as_ref(), "Set-up").await?,
        works: works(&report),
        seen: clock_time(&*state.clock, report.at),
        found: report.findings.iter().map(found).collect(),
        since: clock_time(&*state.clock, state.met.begun_at()),
        met: state.met.all().into_iter().map(|times| flawed(&state, times)).collect(),
        settings: settings(&report.variables),
    };
    answer(&state, operator.as_ref(), &page)
}

/// `GET /setup/guide`
pub async fn guide(request: HttpRequest, state: Data<State>, session: Session) -> Result<HttpResponse, PageError> {
    let operator = operator(&request, &state, &session).await?;
    let (title, lead, parts) = read(GUIDE);
    let page = Guide { frame: frame_of(&state, operator.as_ref(), &title).await?, title, lead, parts };
    answer(&state, operator.as_ref(), &page)
}

/// Who is signed in, if anybody; to nobody but an operator is there anything here.
async fn operator(request: &HttpRequest, state: &State, session: &Session) -> Result<Option<Caller>, PageError> {
    let caller = session::current(session, state).await?;
    let included = state.operators.include(caller.as_ref().map(|caller| caller.teacher.email.as_str()));
    if !included || (state.operators == Operators::Everybody && !is_at_home(request, state)) {
        return Err(PageError::NotFound);
    }
    if let Some(caller) = &caller {
        state.rates.teacher(&caller.teacher.id).map_err(PageError::too_often)?;
    }
    Ok(caller)
}

/// Whether the browser came by a name of this computer. A page elsewhere that
/// points its own name here would else read along in the operator's browser.
fn is_at_home(request: &HttpRequest, state: &State) -> bool {
    host::asked_for(request).is_some_and(|url| host::is_own(&url) || url.host() == state.public_url.host())
}

async fn frame_of(state: &State, operator: Option<&Caller>, title: &str) -> Result<Frame, PageError> {
    Ok(match operator {
        Some(caller) => frame::of(state, caller, title, Place::Elsewhere, None).await?,
        None => frame::alone(title, state.demo.clone()),
    })
}

fn answer(state: &State, operator: Option<&Caller>, page: &impl askama::Template) -> Result<HttpResponse, PageError> {
    match operator {
        Some(caller) => html(page, &state.token(caller)),
        None => html(page, &askama::NO_VALUES),
    }
}

/// Whether a teacher could work, as far as can be seen: the worst that was found.
fn works(report: &Report) -> Tone {
    let has = |mark| report.findings.iter().any(|finding| finding.mark == mark);
    if has(Mark::Bad) {
        Tone::Bad
    } else if has(Mark::Doubt) {
        Tone::Warn
    } else {
        Tone::Good
    }
}

fn found(finding: &Finding) -> Checked {
    let (state, tone) = match finding.mark {
        Mark::Good => ("Works", Tone::Good),
        Mark::Sandbox => ("Stand-in", Tone::Plain),
        Mark::Doubt => ("Look at this", Tone::Warn),
        Mark::Bad => ("Does not work", Tone::Bad),
    };
    let part = matches!(finding.mark, Mark::Doubt | Mark::Bad).then(|| in_the_guide(finding.part));
    Checked { about: finding.about.to_owned(), state, tone, words: as_sentence(&finding.words), part }
}

fn flawed(state: &State, times: Times) -> Flawed {
    let Times { flaw, count, last } = times;
    Flawed {
        title: flaw.title().to_owned(),
        state: if flaw.is_a_guess() { "Likely" } else { "Met" },
        tone: if flaw.is_a_guess() { Tone::Warn } else { Tone::Bad },
        often: often(count, &clock_time(&*state.clock, last)),
        last: as_machine(last),
        mend: as_sentence(flaw.mend()),
        part: in_the_guide(flaw.part()),
    }
}

fn as_machine(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn often(count: u64, last: &str) -> String {
    match count {
        1 => format!("Once, at {last}"),
        2 => format!("Twice, last at {last}"),
        many => format!("{many} times, last at {last}"),
    }
}

/// Begins with a capital and ends with a full stop.
fn as_sentence(words: &str) -> String {
    let mut signs = words.chars();
    // A path or an address keeps its small letters.
    let is_word = words.split([' ', ',']).next().is_some_and(|word| word.chars().all(char::is_alphabetic));
    let first = signs.next().filter(|_| is_word);
    let sentence = first.map_or_else(|| words.to_owned(), |first| first.to_uppercase().chain(signs).collect());
    if sentence.ends_with(['.', '…', ')']) { sentence } else { format!("{sentence}.") }
}

fn in_the_guide(part: Part) -> (String, &'static str) {
    (format!("/setup/guide#{}", anchor(part.heading())), part.heading())
}

/// The settings under their headings, without what they are set to.
fn settings(variables: &[Variable]) -> Vec<(&'static str, Vec<Given>)> {
    let mut groups: Vec<(&'static str, Vec<Given>)> = Vec::new();
    for &Variable { name, meaning, section, set } in variables {
        let line = Given { name, meaning, set };
        match groups.last_mut() {
            Some((title, lines)) if *title == section => lines.push(line),
            _ => groups.push((section, vec![line])),
        }
    }
    groups
}

/// The guide, taken apart at its headings so that each can be linked to.
fn read(text: &str) -> (String, markdown::SafeHtml, Vec<GuidePart>) {
    let mut parts = text.split("\n## ");
    let head = parts.next().unwrap_or_default();
    let (title, lead) = head.split_once('\n').unwrap_or((head, ""));
    let part = |text: &str| {
        let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
        GuidePart { anchor: anchor(heading), heading: heading.to_owned(), body: markdown::render(body) }
    };
    (title.trim_start_matches("# ").to_owned(), markdown::render(lead), parts.map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_has_every_part_that_is_linked_to() {
        let (title, lead, parts) = read(GUIDE);
        assert!(title.starts_with("From a new tenant") && !lead.is_empty());
        for part in Part::ALL {
            let (href, _) = in_the_guide(part);
            let found = parts.iter().find(|found| href.ends_with(&format!("#{}", found.anchor)));
            assert!(found.is_some_and(|found| found.body.as_str().len() > 500), "{href}");
        }
    }

    #[test]
    fn words_become_sentences() {
        assert_eq!(as_sentence("the key is wrong"), "The key is wrong.");
        assert_eq!(as_sentence("there, and closed"), "There, and closed.");
        assert_eq!(as_sentence("https://a.example answers"), "https://a.example answers.");
        assert_eq!(as_sentence("data/school.json can be read"), "data/school.json can be read.");
        assert_eq!(as_sentence("Done."), "Done.");
        assert_eq!(as_sentence(""), ".");
        assert_eq!(
            [often(1, "9:00"), often(2, "9:00"), often(3, "9:00")].join("; "),
            "Once, at 9:00; Twice, last at 9:00; 3 times, last at 9:00"
        );
    }
}
